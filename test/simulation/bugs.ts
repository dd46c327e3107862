import { marshall } from '@aws-sdk/util-dynamodb';
import { ConditionalCheckFailedException, GetCommand, PutCommand, UpdateCommand } from '../../shared/aws/dynamodb.ts';
import { holds, type Item } from './expression.ts';
import type { Wiring } from './service.ts';
import type { Between, Command, Send } from './store.ts';

/** Mistakes that somebody could make, each switched on through the wiring alone. Every one of them must be found. */
export type Bug = { name: string; says: string; wiring: () => Wiring };

/** Every so many records, messages or writes the mistake shows. */
const NOW_AND_THEN = 8;

const isPost = (command: Command): command is UpdateCommand =>
  command instanceof UpdateCommand && (command.input.UpdateExpression?.includes('mv.#id') ?? false);

/** Writes the commands that `concerns` names under another condition. */
const condition = (
  concerns: (command: Command) => command is UpdateCommand | PutCommand,
  changed: (text: string) => string,
): Between =>
  function between(command, send) {
    if (!concerns(command)) return send(command);
    const ConditionExpression = changed(command.input.ConditionExpression ?? '');
    if (command instanceof UpdateCommand) return send(new UpdateCommand({ ...command.input, ConditionExpression }));
    return send(new PutCommand({ ...command.input, ConditionExpression }));
  };

/** Sees whether the condition holds, and writes without it: another write may come between. */
async function checkThenWrite(command: UpdateCommand, send: Send): Promise<object> {
  const { ConditionExpression, ...input } = command.input;
  const { Item: there } = (await send(
    new GetCommand({ TableName: input.TableName, Key: input.Key, ConsistentRead: true }),
  )) as { Item?: Item };
  const words = { names: input.ExpressionAttributeNames ?? {}, values: input.ExpressionAttributeValues ?? {} };
  if (holds(ConditionExpression ?? '', there ?? {}, words)) return send(new UpdateCommand(input));
  throw new ConditionalCheckFailedException({ message: '', $metadata: {}, ...(there && { Item: marshall(there) }) });
}

/** True once in so many calls. */
function every(count: number): () => boolean {
  let calls = 0;
  return () => {
    calls += 1;
    return calls % count === 0;
  };
}

export const bugs: readonly Bug[] = [
  {
    name: 'post-forgets-the-movement',
    says: 'the commit of a payment does not ask whether this movement is there already',
    wiring: () => ({ between: condition(isPost, (text) => text.replace('attribute_not_exists(mv.#id) AND ', '')) }),
  },
  {
    name: 'post-forgets-the-state',
    says: 'the commit of a payment does not ask whether the invoice is still what the decision saw',
    wiring: () => ({ between: condition(isPost, (text) => text.replace('st = :state AND du = :was AND ', '')) }),
  },
  {
    name: 'check-before-write',
    says: 'the condition of a payment is checked before the write instead of inside it',
    wiring: () => ({ between: (command, send) => (isPost(command) ? checkThenWrite(command, send) : send(command)) }),
  },
  {
    name: 'stream-record-dropped',
    says: 'a record of the stream is passed over now and then',
    wiring: () => {
      const now = every(NOW_AND_THEN);
      return { skips: () => now() };
    },
  },
  {
    name: 'receipt-leaves-its-number',
    says: 'money for an unknown invoice stands under its own name, not at the number',
    wiring: () => ({
      stores: (stores) => {
        const keep = stores.invoices.keepReceipt.bind(stores.invoices);
        stores.invoices.keepReceipt = ({ number: _, ...receipt }) => keep(receipt);
        return stores;
      },
    }),
  },
  {
    name: 'claim-not-checked',
    says: 'a dossier’s place is taken whoever holds it',
    wiring: () => ({
      between: condition(
        (command): command is UpdateCommand =>
          command instanceof UpdateCommand && command.input.TableName === 'dossiers',
        (text) => text.replace(' AND attribute_not_exists(#place)', ''),
      ),
    }),
  },
  {
    name: 'place-not-voided',
    says: 'the place of a lost call is taken over without a void at its number',
    wiring: () => ({
      stores: (stores) => {
        stores.invoices.void = async () => ({ kind: 'voided' });
        return stores;
      },
    }),
  },
  {
    name: 'journal-key-per-attempt',
    says: 'the journal’s key holds something of the attempt to write it',
    wiring: () => {
      let attempts = 0;
      return {
        between: (command, send) => {
          if (!(command instanceof PutCommand) || command.input.TableName !== 'journal') return send(command);
          attempts += 1;
          const { Item: entry = {}, ...input } = command.input;
          return send(new PutCommand({ ...input, Item: { ...entry, p: `${entry['p']}${attempts % 2}` } }));
        },
      };
    },
  },
  {
    name: 'event-id-per-delivery',
    says: 'an event gets a new id each time it is published',
    wiring: () => {
      let ids = 0;
      return {
        deliveries: (sendAll) => (messages) =>
          sendAll(
            messages.map((message: { event: { id: string } }) => {
              ids += 1;
              return { ...message, event: { ...message.event, id: `${message.event.id}_${ids}` } };
            }),
          ),
      };
    },
  },
  {
    name: 'acknowledged-too-early',
    says: 'a callback is acknowledged even if the inbox did not take it',
    wiring: () => ({ inbox: (send) => (message) => send(message).catch(() => undefined) }),
  },
  {
    name: 'failure-not-reported',
    says: 'a worker does not say which messages failed, so they are deleted',
    wiring: () => ({ failed: () => [] }),
  },
  {
    name: 'attempt-not-counted',
    says: 'an attempt is added however many there are by then',
    wiring: () => ({
      between: condition(
        (command): command is UpdateCommand =>
          command instanceof UpdateCommand && command.input.TableName === 'invoices',
        (text) => text.replace(' AND size(#at) = :after', ''),
      ),
    }),
  },
  {
    name: 'invoice-overwritten',
    says: 'a new invoice is put whatever stands at its number',
    wiring: () => ({
      between: condition(
        (command): command is PutCommand =>
          command instanceof PutCommand && command.input.TableName === 'invoices' && !command.input.Item?.['y'],
        () => 'attribute_not_exists(none)',
      ),
    }),
  },
  {
    name: 'decline-after-success',
    says: 'a decline moves an attempt whatever its state',
    wiring: () => ({
      between: condition(
        (command): command is UpdateCommand =>
          command instanceof UpdateCommand && /^SET #at\[\d+\]\.s = :to/.test(command.input.UpdateExpression ?? ''),
        () => 'attribute_exists(k)',
      ),
    }),
  },
];
