import * as z from 'zod';
import { lazy } from '../../shared/domain/lazy.ts';
import { EnterPiece, ProofPiece, RegistryPiece, RepairPiece, WorkPiece } from '../../shared/usecases/repair.ts';

/** What S3 tells about a batch that was put aside; members that nobody reads are passed over. */
const Notices = lazy(() =>
  z.object({
    Records: z.array(z.object({ s3: z.object({ object: z.object({ key: z.string().min(1) }) }) })).min(1),
  }),
);

/** Sent once when the bucket is connected to the queue. */
const TestEvent = lazy(() => z.object({ Event: z.literal('s3:TestEvent') }));

const Message = lazy(() =>
  z.union([RepairPiece, EnterPiece, ProofPiece, WorkPiece, RegistryPiece, Notices, TestEvent]),
);

export type RepublishWork =
  | (RepairPiece | EnterPiece | ProofPiece | WorkPiece | RegistryPiece)
  | { kind: 'batch'; key: string };

/** The work that a message of the queue asks for. Throws for what is none. */
export function workOf(body: string): RepublishWork[] {
  const message = Message.parse(JSON.parse(body));
  if ('kind' in message) return [message];
  if ('Event' in message) return [];
  return message.Records.map(({ s3 }) => ({
    kind: 'batch',
    key: decodeURIComponent(s3.object.key.replaceAll('+', ' ')),
  }));
}
