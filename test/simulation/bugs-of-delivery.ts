import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { Delivery } from '../../shared/domain/notification/delivery.ts';
import { type Bug, every, NOW_AND_THEN } from './planting.ts';

/** Mistakes in what is taken in, passed on and told. */

/** Each event changed on its way to the deliveries. */
const events =
  (changed: (event: Delivery['event']) => Delivery['event']) =>
  (sendAll: (messages: readonly unknown[]) => Promise<void>) =>
  (messages: readonly Delivery[]) =>
    sendAll(messages.map((message) => ({ ...message, event: changed(message.event) })));

/** What names the transaction in a callback, to whoever reads it before its signature. */
const transactionIn = ({ rawQueryString, body, isBase64Encoded }: APIGatewayProxyEventV2): string => {
  const text = Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8').toString();
  return /vnp_TransactionNo=(\w+)/.exec(rawQueryString)?.[1] ?? /"txnId":"(\w+)"/.exec(text)?.[1] ?? '';
};

const DUPLICATE = JSON.stringify({ RspCode: '02', result: 'DUPLICATE' });

export const deliveryBugs: readonly Bug[] = [
  {
    name: 'acknowledged-unsent',
    says: 'a callback is acknowledged while it is still on its way to the inbox',
    wiring: () => ({
      inbox: (send) => async (message) => {
        send(message).catch(() => undefined);
      },
    }),
  },
  {
    name: 'forged-callback-remembered',
    says: 'a forged callback makes the genuine one count as a duplicate',
    wiring: () => {
      const seen = new Set<string>();
      return {
        callback: (take) => async (event) => {
          const transaction = transactionIn(event);
          if (seen.has(transaction)) return { statusCode: 200, body: DUPLICATE };
          const answer = await take(event);
          if (answer.body?.includes('"97"') || answer.body?.includes('BAD_SIGNATURE')) seen.add(transaction);
          return answer;
        },
      };
    },
  },
  {
    name: 'signature-not-checked',
    says: 'a callback is believed whoever signed it',
    wiring: () => ({
      provider: (provider) => ({
        ...provider,
        read: (callback, keys, now) => {
          try {
            return provider.read(callback, keys, now);
          } catch {
            const text = Buffer.from(callback.body).toString();
            const query = new URLSearchParams(callback.rawQuery);
            const amount = /"amount":(\d+)/.exec(text)?.[1] ?? Number(query.get('vnp_Amount')) / 100;
            return {
              providerId: provider.manifest.id,
              terminal: provider.terminalOf(callback),
              reference: query.get('vnp_TxnRef') ?? /"orderRef":"(\d+)"/.exec(text)?.[1] ?? '',
              outcome: 'paid',
              amount: Number(amount) as never,
              currency: 'VND',
              transactionId: query.get('vnp_TransactionNo') ?? /"txnId":"(\w+)"/.exec(text)?.[1] ?? '',
              paidAt: null,
              resultCode: '00',
              evidence: text || callback.rawQuery,
            };
          }
        },
      }),
    }),
  },
  {
    name: 'stream-batch-dropped',
    says: 'a whole batch of the stream is passed over now and then',
    wiring: () => {
      const now = every(NOW_AND_THEN);
      return { records: (records) => (now() ? [] : records) };
    },
  },
  {
    name: 'stream-failure-not-reported',
    says: 'a reader of the stream does not say which record failed, so that the stream goes on behind it',
    wiring: () => ({ published: () => ({ batchItemFailures: [] }) }),
  },
  {
    name: 'wrong-message-reported',
    says: 'a worker names the first message of a batch, whichever failed',
    wiring: () => ({ failed: (_, failed, [first = '']) => failed.map(() => first) }),
  },
  {
    name: 'delivery-failure-not-reported',
    says: 'an event that an endpoint did not take is deleted',
    wiring: () => ({ failed: (queue, failed) => (queue === 'deliveries' ? [] : failed) }),
  },
  {
    name: 'handover-skips-last-reading',
    says: 'an endpoint stands open again before what lies beyond the watermark was read',
    wiring: () => ({
      stores: (stores) => {
        const read = stores.journalReader.ofDayAfter.bind(stores.journalReader);
        stores.journalReader.ofDayAfter = async (query) => (query.upTo === Number.MAX_SAFE_INTEGER ? [] : read(query));
        return stores;
      },
    }),
  },
  {
    name: 'webhook-id-per-retry',
    says: 'an event bears a new id each time it is told',
    wiring: () => {
      let tries = 0;
      return {
        sender: (sender) => ({
          send: (message) => {
            tries += 1;
            const eventId = `${message.eventId}_${tries}`;
            return sender.send({ ...message, eventId, body: message.body.replace(message.eventId, eventId) });
          },
        }),
      };
    },
  },
  {
    name: 'sequence-starts-anew',
    says: 'the numbers of an invoice’s events start again with each of its writes',
    wiring: () => ({
      deliveries: events((event) => ({ ...event, sequence: (Number(event['sequence']) % 8) + 1 })),
    }),
  },
  {
    name: 'refusal-of-an-endpoint-taken',
    says: 'whatever an endpoint answers counts as told',
    wiring: () => ({
      sender: (sender) => ({
        send: async (message) => {
          const answer = await sender.send(message);
          return answer.kind === 'answered' ? { kind: 'answered', status: 200 } : answer;
        },
      }),
    }),
  },
];
