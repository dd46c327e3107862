import type { UpdateCommand } from '../../shared/aws/dynamodb.ts';
import { type Bug, condition, isPost } from './planting.ts';

/** Mistakes in taking money back, in parts, and at the desk. */
export const reversalBugs: readonly Bug[] = [
  {
    name: 'parked-reversal-forgotten',
    says: 'the commit of money does not ask whether its reversal waits already',
    wiring: () => ({
      between: condition(isPost, (text) =>
        text.replace(/ AND (?:attribute_not_exists\(pk\)|size\(pk\) = :parked)/, ''),
      ),
    }),
  },
  {
    name: 'reversal-not-parked',
    says: 'a reversal that comes before its money is forgotten',
    wiring: () => ({
      stores: (stores) => {
        stores.invoices.park = async () => ({ kind: 'parked' });
        return stores;
      },
    }),
  },
  {
    name: 'attempt-ended-by-old-knowledge',
    says: 'a reversal ends its attempt although other money of it has come meanwhile',
    wiring: () => ({
      stores: (stores) => {
        const post = stores.invoices.post.bind(stores.invoices);
        stores.invoices.post = ({ after, ...decided }) =>
          post({ ...decided, ...(after !== undefined && !decided.reverses && { after }) });
        return stores;
      },
    }),
  },
  {
    name: 'attempt-kept-by-old-knowledge',
    says: 'a reversal leaves its attempt as it is although its other money has gone back meanwhile',
    wiring: () => ({
      stores: (stores) => {
        const post = stores.invoices.post.bind(stores.invoices);
        stores.invoices.post = ({ after, ...decided }) =>
          post({ ...decided, ...(after !== undefined && (!decided.reverses || decided.attempt) && { after }) });
        return stores;
      },
    }),
  },
  {
    name: 'part-on-a-stale-due',
    says: 'a part is entered whatever is due by then',
    wiring: () => ({
      between: condition(
        (command): command is UpdateCommand =>
          isPost(command) && (command.input.ExpressionAttributeValues?.[':due'] as number) > 0,
        (text) => text.replace(' AND du = :was', '').replace(' AND size(mv) = :after', ''),
      ),
    }),
  },
  {
    name: 'own-approval-admitted',
    says: 'who proposed to take money back may also approve it',
    wiring: () => ({
      stores: (stores) => {
        const find = stores.invoices.find.bind(stores.invoices);
        stores.invoices.find = async (...given) => {
          const invoice = await find(...given);
          return invoice?.proposal ? { ...invoice, proposal: { ...invoice.proposal, by: 'somebody' } } : invoice;
        };
        return stores;
      },
      between: condition(isPost, (text) => text.replace(' AND rv.b <> :approver', '')),
    }),
  },
  {
    name: 'rejected-yet-taken-back',
    says: 'money at the desk goes back whatever became of the proposal',
    wiring: () => ({
      between: condition(isPost, (text) =>
        text.replace(' AND rv.i = :proposed AND rv.s = :open AND rv.b <> :approver', ''),
      ),
    }),
  },
];
