import { describe, expect, it } from 'vitest';
import { Delivery } from '../../shared/domain/notification/delivery.ts';
import { Exception } from '../../shared/domain/reconciliation/exception.ts';
import { parseStored } from '../../shared/store/invoice-item.ts';
import { journalItem, parseJournalItem } from '../../shared/store/journal-item.ts';
import { InboxMessage } from '../../shared/usecases/receive-callback.ts';
import first from './releases/first.json' with { type: 'json' };

/**
 * What the first release stored and sent, kept as it was, beside what it read in it. Every later release reads the same
 * there and may read more; and what a release before it meets of a later one, it reads as if the new members were not there.
 */

const newer = <T>(value: T): T => {
  if (Array.isArray(value)) return value.map(newer) as T;
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([name, member]) => [name, newer(member)]);
  return { ...Object.fromEntries(members), fromALaterRelease: { of: 'whatever kind' } } as T;
};

type Kept = { stored: unknown; reads: object };
const kinds: Record<string, { kept: readonly Kept[]; read: (stored: unknown) => unknown; grown?: typeof newer }> = {
  'items of the book': { kept: first.invoices, read: parseStored, grown: grownItem },
  'journal entries': { kept: first.journal, read: parseJournalItem },
  'work items': { kept: first.exceptions, read: (stored) => Exception.parse((stored as { r: unknown }).r) },
  'messages of the inbox': { kept: first.inbox, read: (stored) => InboxMessage.parse(stored) },
  'messages of the deliveries': { kept: first.deliveries, read: (stored) => Delivery.parse(stored) },
};

/** Members of the maps of movements and of words are names, not attributes: nothing is added there. */
function grownItem<T>(item: T): T {
  const { mv, m, ...rest } = item as { mv?: Record<string, unknown>; m?: unknown };
  const movements = mv && Object.fromEntries(Object.entries(mv).map(([name, one]) => [name, newer(one)]));
  return { ...newer(rest), ...(mv && { mv: movements }), ...(m !== undefined && { m }) } as T;
}

describe.each(Object.entries(kinds))('%s of the first release', (_, { kept, read, grown = newer }) => {
  it.each(kept.map((one, index) => [index, one] as const))(
    'number %i reads as it did (scenarios 43, 51)',
    (__, one) => {
      expect(read(one.stored)).toMatchObject(one.reads);
    },
  );

  it('read the same where a later release has added members (scenario 51)', () => {
    for (const { stored, reads } of kept) expect(read(grown(stored))).toMatchObject(reads);
  });
});

it('a journal entry of the first release is written as it stood there, so that its seal holds', () => {
  for (const { stored } of first.journal) expect(journalItem(parseJournalItem(stored))).toEqual(stored);
});
