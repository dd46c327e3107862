import { beforeEach, describe, expect, it } from 'vitest';
import type { JournalAppender, JournalEntry } from '../../shared/domain/ledger/journal.ts';
import { dong } from '../../shared/domain/money/dong.ts';
import { LAND, NOW, TOTAL } from '../dsl/world.ts';
import { strayMovement } from './invoice-book.contract.ts';

export function anEntry(more: Partial<JournalEntry> = {}): JournalEntry {
  const { evidence: _, ...movement } = strayMovement('T1');
  return {
    ...movement,
    agencyCode: LAND,
    invoiceNumber: '480213567890',
    dossierCode: 'H29.14-261120-0001',
    evidenceHash: 'a'.repeat(64),
    accountingDate: '2026-11-20',
    ...more,
  };
}

/** What every journal does, whatever it is made of. */
export function journalAppenderContract(name: string, make: () => Promise<JournalAppender>): void {
  describe(`a journal: ${name}`, () => {
    let journal: JournalAppender;
    beforeEach(async () => {
      journal = await make();
    });

    it('appends an entry once, however often it is told, and at once', async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => journal.append(anEntry())));
      expect(answers.filter((answer) => answer.kind === 'appended')).toHaveLength(1);
      expect(answers.filter((answer) => answer.kind === 'alreadyThere')).toHaveLength(19);
    });

    it('recognises an entry whose members come in another order', async () => {
      await journal.append(anEntry());
      const { lines, ...rest } = anEntry();
      expect(await journal.append({ lines, ...rest })).toEqual({ kind: 'alreadyThere', entry: anEntry() });
    });

    it('answers what stands there, where something else was seen of the movement when it was told first', async () => {
      const first = anEntry({ sequence: 24, attemptWas: 'live' });
      await journal.append(first);
      const again = anEntry({ sequence: 40, attemptWas: 'late' });
      expect(await journal.append(again)).toEqual({ kind: 'alreadyThere', entry: first });
    });

    it.each<[string, Partial<JournalEntry>]>([
      ['amount', { amount: dong(TOTAL + 1) }],
      ['kind', { kind: 'surplus' }],
      ['category', { category: 'AMOUNT_OVER' }],
      ['terminal', { terminal: 'X' }],
      ['account', { merchantAccountId: 'x-one' }],
      ['payment time', { paidAt: NOW + 1 }],
      ['accounting day', { accountingDate: '2026-11-21' }],
      ['evidence', { evidenceHash: 'b'.repeat(64) }],
      ['dossier', { dossierCode: 'OTHER' }],
    ])('says so when another %s comes under the same key, and keeps the first', async (_, more) => {
      await journal.append(anEntry());
      expect(await journal.append(anEntry(more))).toEqual({ kind: 'contradicts' });
      expect(await journal.append(anEntry())).toEqual({ kind: 'alreadyThere', entry: anEntry() });
    });

    it('keeps entries of other agencies, instants and movements apart', async () => {
      await journal.append(anEntry());
      const others: Partial<JournalEntry>[] = [
        { committedAt: NOW + 1 },
        { movementId: 'mov_bank-one_T2', transactionId: 'T2' },
        { agencyCode: 'unassigned' },
      ];
      for (const more of others) expect(await journal.append(anEntry(more))).toEqual({ kind: 'appended' });
    });
  });
}
