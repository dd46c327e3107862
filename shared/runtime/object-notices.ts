import * as z from 'zod';
import { lazy } from '../domain/lazy.ts';
import type { ObjectVersion } from '../domain/reconciliation/statement.ts';

/** What S3 tells about an object; members that nobody reads are passed over. */
const Notice = lazy(() =>
  z.object({
    eventName: z.string(),
    s3: z.object({
      object: z.object({ key: z.string().min(1), eTag: z.string().min(1), versionId: z.string().min(1).optional() }),
    }),
  }),
);

/** Sent once when the bucket is connected to the queue. */
const TestEvent = lazy(() => z.object({ Event: z.literal('s3:TestEvent') }));
const Notices = lazy(() => z.object({ Records: z.array(Notice).min(1) }));
const Message = lazy(() => z.union([TestEvent, Notices]));

/** An object that came into a bucket. */
export type ArrivedObject = { key: string; version: ObjectVersion };

/** The objects that a message of the bucket tells of; none for its test message. Throws for anything else. */
export function arrivedFiles(body: string): ArrivedObject[] {
  const message = Message.parse(JSON.parse(body));
  if ('Event' in message) return [];
  return message.Records.filter(({ eventName }) => /^(?:s3:)?ObjectCreated:/.test(eventName)).map(
    ({ s3: { object } }) => ({
      key: decodeURIComponent(object.key.replaceAll('+', ' ')),
      version: {
        etag: object.eTag.replaceAll('"', ''),
        ...(object.versionId !== undefined && object.versionId !== 'null' && { versionId: object.versionId }),
      },
    }),
  );
}
