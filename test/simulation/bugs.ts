import { PutCommand, UpdateCommand } from '../../shared/aws/dynamodb.ts';
import { askingBugs } from './bugs-of-asking.ts';
import { deliveryBugs } from './bugs-of-delivery.ts';
import { reversalBugs } from './bugs-of-reversals.ts';
import { writeBugs } from './bugs-of-writes.ts';
import { type Bug, checkThenWrite, condition, every, isPost, NOW_AND_THEN } from './planting.ts';

/** Mistakes that somebody could make. Every one of them must be found. */
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
      return { records: (records) => records.filter(() => !now()) };
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
  ...writeBugs,
  ...askingBugs,
  ...reversalBugs,
  ...deliveryBugs,
];
