import { describe, expect, it } from 'vitest';
import { CREATION_SHARDS } from '../../shared/domain/invoice/book.ts';
import { InvoiceNumber } from '../../shared/domain/invoice/number.ts';
import { JOURNAL_SHARDS } from '../../shared/domain/ledger/journal.ts';
import { movementId } from '../../shared/domain/payment/movement.ts';
import { invoiceItem } from '../../shared/store/invoice-item.ts';
import { journalKey } from '../../shared/store/journal-item.ts';
import { keyedHash } from '../../shared/usecases/hashing.ts';
import { invoiceOf, LAND, NOW } from '../dsl/world.ts';

/** Payments a second to be borne, how many of them one agency may have, and what one partition key takes in writes. */
const RATE = 1_000;
const LARGEST_SHARE = 0.8;
const KEY_UNITS = 1_000;
/** A journal entry of several lines is written in so many units. */
const ENTRY_UNITS = 2;
/** How much more than its share the fullest of eight partitions may get of some thousand invoices. */
const UNEVEN = 1.15;
const INVOICES = 8_000;

/** Numbers as they are derived: from a keyed hash. */
const numbers = Array.from({ length: INVOICES }, (_, place) => {
  const digits = Buffer.from(keyedHash('a key', 'number', place)).readUIntBE(0, 6) % 900_000_000_000;
  return InvoiceNumber.parse(String(digits + 100_000_000_000));
});

const fullest = (partitions: readonly string[]): { share: number; count: number } => {
  const sizes = new Map<string, number>();
  for (const partition of partitions) sizes.set(partition, (sizes.get(partition) ?? 0) + 1);
  return { share: Math.max(...sizes.values()) / partitions.length, count: sizes.size };
};

describe('one agency with four fifths of all payments of a day (scenario 47)', () => {
  it('fills all partitions of its day’s list evenly, and none beyond what a key takes', () => {
    const { share, count } = fullest(numbers.map((number) => String(invoiceItem(invoiceOf(number))['g'])));
    expect(count).toBe(CREATION_SHARDS);
    expect(share).toBeLessThan(UNEVEN / CREATION_SHARDS);
    expect(RATE * LARGEST_SHARE * share).toBeLessThan(KEY_UNITS);
  });

  it('fills all partitions of its journal evenly, and none beyond what a key takes', () => {
    const partitions = numbers.map(
      (invoiceNumber) =>
        journalKey({
          ...{ agencyCode: LAND, committedAt: NOW, invoiceNumber },
          movementId: movementId('bank-one', invoiceNumber) ?? 'mov_bank-one_T1',
        }).p,
    );
    const { share, count } = fullest(partitions);
    expect(count).toBe(JOURNAL_SHARDS);
    expect(share).toBeLessThan(UNEVEN / JOURNAL_SHARDS);
    expect(RATE * LARGEST_SHARE * share * ENTRY_UNITS).toBeLessThan(KEY_UNITS);
  });

  it('meets at no key on the way of a payment: what is written then lies under its invoice', () => {
    const keys = numbers.map((number) => invoiceItem(invoiceOf(number)).k);
    expect(new Set(keys).size).toBe(new Set(numbers).size);
  });
});
