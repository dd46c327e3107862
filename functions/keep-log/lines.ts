import { gunzipSync } from 'node:zlib';
import * as z from 'zod';
import { lazy } from '../../shared/domain/lazy.ts';

/** What CloudWatch Logs hands to a function of a subscription (CloudWatch Logs User Guide, "Subscription filters"). */
const Subscribed = lazy(() => z.object({ awslogs: z.object({ data: z.base64() }) }));
const Data = lazy(() =>
  z.object({
    /** `CONTROL_MESSAGE` only tries whether the function is there. */
    messageType: z.enum(['DATA_MESSAGE', 'CONTROL_MESSAGE']),
    logEvents: z.array(z.object({ message: z.string() })),
  }),
);

/** Most bytes that a batch may be once it is unpacked: CloudWatch Logs sends less. */
const MOST_BYTES = 16 * 1024 * 1024;

/** The log lines of a batch. Throws for what is no batch. */
export function linesOf(event: unknown): string[] {
  const packed = Buffer.from(Subscribed.parse(event).awslogs.data, 'base64');
  const text = gunzipSync(packed, { maxOutputLength: MOST_BYTES }).toString();
  const { messageType, logEvents } = Data.parse(JSON.parse(text));
  return messageType === 'DATA_MESSAGE' ? logEvents.map(({ message }) => message) : [];
}
