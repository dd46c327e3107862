import { GetCommand, TransactWriteCommand, UpdateCommand } from '../../shared/aws/dynamodb.ts';
import type { Invoice } from '../../shared/domain/invoice/invoice.ts';
import type { InvoiceNumber } from '../../shared/domain/invoice/number.ts';
import { MINUTE } from './clock.ts';
import type { Item } from './expression.ts';
import { type Bug, condition, every, isPost, NOW_AND_THEN, stateOf } from './planting.ts';

/** Mistakes in what is written, and under which condition. */

/** Leaves out the conditions of a transaction on items that it does not write. */
const withoutChecks = (concerns: (wanted: { Put?: unknown; Update?: unknown }) => boolean) => ({
  between: ((command, send) => {
    const items = command instanceof TransactWriteCommand ? (command.input.TransactItems ?? []) : [];
    if (!items.some(concerns)) return send(command);
    return send(new TransactWriteCommand({ TransactItems: items.filter((one) => !one.ConditionCheck) }));
  }) satisfies ReturnType<Bug['wiring']>['between'],
});

const isMoveTo =
  (state: string) =>
  (command: object): command is UpdateCommand =>
    command instanceof UpdateCommand &&
    command.input.UpdateExpression === 'SET st = :to, v = v + :one' &&
    stateOf(command) === state;

/** A sweep strikes out more deadlines than it should: of those that it asked about, and those that it found. */
const forgetsToo = (
  more: (asked: readonly InvoiceNumber[], found: readonly Invoice[]) => InvoiceNumber[],
): ReturnType<Bug['wiring']> => ({
  stores: (stores) => {
    const findMany = stores.invoices.findMany.bind(stores.invoices);
    const forget = stores.dueDays.forget.bind(stores.dueDays);
    let too: InvoiceNumber[] = [];
    stores.invoices.findMany = async (numbers) => {
      const found = await findMany(numbers);
      too = more(numbers, found);
      return found;
    };
    stores.dueDays.forget = (day, numbers) => forget(day, [...numbers, ...too]);
    return stores;
  },
});

/** Numbers that one key may stand for: so many are looked at where it is asked what the key has made. */
const PROBES = 8;

export const writeBugs: readonly Bug[] = [
  {
    name: 'version-condition-starves',
    says: 'the commit of a payment asks for the version that was read, so that any other write turns it away',
    wiring: () => ({
      between: async (command, send) => {
        if (!isPost(command)) return send(command);
        const { TableName, Key, ConditionExpression, ExpressionAttributeValues } = command.input;
        const { Item: there } = (await send(new GetCommand({ TableName, Key, ConsistentRead: true }))) as {
          Item?: Item;
        };
        return send(
          new UpdateCommand({
            ...command.input,
            ConditionExpression: `${ConditionExpression} AND v = :seen`,
            ExpressionAttributeValues: { ...ExpressionAttributeValues, ':seen': there?.['v'] ?? 0 },
          }),
        );
      },
    }),
  },
  {
    name: 'refusal-taken-for-success',
    says: 'a refused commit of a payment is answered as posted',
    wiring: () => ({
      stores: (stores) => {
        const post = stores.invoices.post.bind(stores.invoices);
        stores.invoices.post = async (decided) => {
          const posted = await post(decided);
          return posted.kind === 'decideAgain' ? { kind: 'posted' } : posted;
        };
        return stores;
      },
    }),
  },
  {
    name: 'throttling-taken-for-success',
    says: 'a commit that was turned away for want of capacity is not tried again',
    wiring: () => ({
      between: (command, send) =>
        send(command).catch((error: unknown) => {
          if (isPost(command) && error instanceof Error && error.name === 'ThrottlingException') return {};
          throw error;
        }),
    }),
  },
  {
    name: 'duplicates-known-for-minutes',
    says: 'a movement is kept from being entered twice by a memory of five minutes, not by the item',
    wiring: () => {
      const seen = new Map<string, number>();
      return {
        stores: (stores, process) => {
          const post = stores.invoices.post.bind(stores.invoices);
          stores.invoices.post = async (decided) => {
            const id = decided.movement.movementId;
            if (process.now() - (seen.get(id) ?? Number.NEGATIVE_INFINITY) < 5 * MINUTE)
              return { kind: 'alreadyPosted' };
            const posted = await post(decided);
            if (posted.kind === 'posted') seen.set(id, process.now());
            return posted;
          };
          return stores;
        },
        between: condition(isPost, (text) => text.replace('attribute_not_exists(mv.#id) AND ', '')),
      };
    },
  },
  {
    name: 'wrong-cell-of-the-policy',
    says: 'money after a cancellation is called a second payment',
    wiring: () => ({
      stores: (stores) => {
        const post = stores.invoices.post.bind(stores.invoices);
        stores.invoices.post = (decided) => {
          const { movement } = decided;
          const category = movement.category === 'PAID_AFTER_CANCELLATION' ? 'DUPLICATE_PAYMENT' : movement.category;
          return post({ ...decided, movement: { ...movement, ...(category && { category }) } });
        };
        return stores;
      },
    }),
  },
  {
    name: 'late-money-pays',
    says: 'money that was debited after the deadline pays',
    wiring: () => ({
      stores: (stores) => {
        const post = stores.invoices.post.bind(stores.invoices);
        stores.invoices.post = (decided) => {
          const { category, ...movement } = decided.movement;
          if (category !== 'LATE_AFTER_EXPIRY') return post(decided);
          const lines = movement.lines.map((line) => ({
            ...line,
            account: line.account.replace(/^surplus:(.*)$/, 'payable:$1:main'),
          }));
          const to = { state: 'paid' as const, due: 0 as typeof decided.to.due };
          return post({ ...decided, to, movement: { ...movement, kind: 'payment', lines } });
        };
        return stores;
      },
    }),
  },
  {
    name: 'amount-as-a-float',
    says: 'an amount goes through a fraction of a million on its way',
    wiring: () => ({
      provider: (provider) => ({
        ...provider,
        read: (callback, keys, now) => {
          const notice = provider.read(callback, keys, now);
          const MILLION = 1_000_000;
          const amount = notice.amount === null ? null : Math.trunc((notice.amount / MILLION) * MILLION);
          return { ...notice, amount: amount as typeof notice.amount };
        },
      }),
    }),
  },
  {
    name: 'journal-key-by-the-clock',
    says: 'the journal’s key holds when it was written there, not when the movement was committed',
    wiring: () => ({
      stores: (stores, process) => {
        const append = stores.journal.append.bind(stores.journal);
        stores.journal.append = (entry) => append({ ...entry, committedAt: process.now() });
        return stores;
      },
    }),
  },
  {
    name: 'expiry-overwrites',
    says: 'the sweep writes the expiry down whatever the invoice is by then',
    wiring: () => ({ between: condition(isMoveTo('expired'), () => 'attribute_exists(k)') }),
  },
  {
    name: 'cancellation-overwrites',
    says: 'an invoice is cancelled whatever it is by then',
    wiring: () => ({ between: condition(isMoveTo('cancelled'), () => 'attribute_exists(k)') }),
  },
  {
    name: 'cancel-forgets-due',
    says: 'an invoice is cancelled whatever was paid of it by then',
    wiring: () => ({ between: condition(isMoveTo('cancelled'), (text) => text.replace(' AND du = :due', '')) }),
  },
  {
    name: 'replaced-unseen',
    says: 'an invoice is replaced whatever it is by then',
    wiring: () => ({
      between: condition(
        (command): command is UpdateCommand =>
          command instanceof UpdateCommand && (command.input.UpdateExpression?.includes('rb = :by') ?? false),
        () => 'attribute_exists(k)',
      ),
    }),
  },
  {
    name: 'replaced-invoice-paid',
    says: 'the commit of a payment does not ask whether another invoice stands for this one',
    wiring: () => ({ between: condition(isPost, (text) => text.replace(' AND attribute_not_exists(rb)', '')) }),
  },
  {
    name: 'overflow-not-checked',
    says: 'money beyond what an invoice bears is kept without asking whether the invoice bears it',
    wiring: () => withoutChecks((one) => one.Put !== undefined),
  },
  {
    name: 'shared-call-forgotten',
    says: 'a call that is answered with another one’s attempt is not remembered',
    wiring: () => ({
      stores: (stores) => {
        const { find } = stores.invoices;
        const read = find.bind(stores.invoices);
        stores.invoices.shareAttempt = async (number) => {
          const invoice = await read(number, { consistent: true });
          if (!invoice) return { kind: 'refused', current: undefined };
          return { kind: 'shared', invoice };
        };
        return stores;
      },
    }),
  },
  {
    name: 'shared-calls-not-counted',
    says: 'an attempt is added although an earlier one has answered another call meanwhile',
    wiring: () => ({
      between: condition(
        (command): command is UpdateCommand =>
          command instanceof UpdateCommand && (command.input.UpdateExpression?.startsWith('SET #at = ') ?? false),
        (text) => text.replace(/ AND (?:attribute_not_exists\(sc\)|sc = :shared)/, ''),
      ),
    }),
  },
  {
    name: 'replaced-before-compared',
    says: 'a call ends the invoice that it would replace before it asks whether its key has made another one',
    wiring: () => ({
      stores: (stores) => {
        const { findMany, supersede } = stores.invoices;
        let ended = false;
        stores.invoices.supersede = (...given) => {
          ended = true;
          return supersede.apply(stores.invoices, given);
        };
        stores.invoices.findMany = async (numbers) =>
          ended || numbers.length < PROBES ? findMany.call(stores.invoices, numbers) : [];
        return stores;
      },
    }),
  },
  {
    name: 'replacement-forgotten',
    says: 'a call that comes again does not look which invoice it had ended',
    wiring: () => ({
      stores: (stores) => {
        const claim = stores.dossiers.claim.bind(stores.dossiers);
        stores.dossiers.claim = async (...given) => {
          const claimed = await claim(...given);
          return claimed.kind === 'claimed' ? { kind: 'claimed' } : claimed;
        };
        return stores;
      },
    }),
  },
  {
    name: 'deadline-not-remembered',
    says: 'nobody notes a deadline that is not the usual one',
    wiring: () => ({
      stores: (stores) => {
        stores.dueDays.remember = async () => undefined;
        return stores;
      },
    }),
  },
  {
    name: 'paid-deadline-forgotten',
    says: 'a sweep forgets the deadline of an invoice that is paid by then',
    wiring: () => forgetsToo((_, found) => found.filter(({ state }) => state === 'paid').map(({ number }) => number)),
  },
  {
    name: 'remembered-before-made-forgotten',
    says: 'a sweep forgets a deadline that stands there before its invoice does',
    wiring: () =>
      forgetsToo((asked, found) => asked.filter((number) => found.every((invoice) => invoice.number !== number))),
  },
  {
    name: 'review-given-up',
    says: 'a signed word that cannot be entered is given up when the table turns it away',
    wiring: () => ({
      stores: (stores) => {
        const keep = stores.invoices.keepReview.bind(stores.invoices);
        stores.invoices.keepReview = (...given) => keep(...given).catch(() => undefined);
        return stores;
      },
    }),
  },
  {
    name: 'work-item-per-attempt',
    says: 'the id of a work item holds something of the attempt to open it',
    wiring: () => {
      const now = every(NOW_AND_THEN);
      return {
        stores: (stores) => {
          const open = stores.work.open.bind(stores.work);
          stores.work.open = (exception) =>
            open(now() ? { ...exception, exceptionId: `${exception.exceptionId}0` } : exception);
          return stores;
        },
      };
    },
  },
];
