import { beforeEach, describe, expect, it } from 'vitest';
import { dong } from '../../shared/domain/money/dong.ts';
import type { Exception, ExceptionBook, ExceptionDesk } from '../../shared/domain/reconciliation/exception.ts';
import { fault } from '../../shared/domain/reconciliation/faults.ts';
import type { ExceptionsOfDay } from '../../shared/domain/reconciliation/ports.ts';
import {
  type FileLog,
  type Statement,
  type StatementBook,
  StatementState,
} from '../../shared/domain/reconciliation/statement.ts';

type Work = ExceptionBook & ExceptionDesk & ExceptionsOfDay & StatementBook & FileLog;

const exceptionOf = (number: number, facts: Partial<Exception> = {}): Exception => ({
  exceptionId: `exc_${String(number).padStart(24, '0')}`,
  category: 'AMOUNT_OVER',
  state: 'OPEN',
  source: 'reconciliation',
  agencyCode: 'H29.12',
  providerId: 'vnpay',
  transactionId: `T${number}`,
  businessDate: '2026-11-20',
  openedAt: 1_795_000_000_000,
  ours: dong(1000),
  theirs: null,
  ...facts,
});

const statementOf = (number: number, facts: Partial<Statement> = {}): Statement => ({
  statementId: `stm_${String(number).padStart(24, '0')}`,
  kind: 'settlement',
  revision: 1,
  state: 'AWAITING_FILE',
  providerId: 'vnpay',
  businessDate: '2026-11-20',
  columnMap: 'vnpay.settlement.v1',
  clientId: 'finance-maker',
  bodyHash: 'a'.repeat(64),
  createdAt: 1_795_000_000_000,
  ...facts,
});

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** What every store of work does, whatever it is made of. `fresh`: an empty one. */
export function workStoreContract(name: string, fresh: () => Promise<Work>): void {
  describe(`work in ${name}`, () => {
    let work: Work;
    beforeEach(async () => {
      work = await fresh();
    });

    describe('exceptions', () => {
      it('open once; the second opening, however it differs, changes nothing', async () => {
        expect(await work.open(exceptionOf(1))).toBe('opened');
        expect(await work.open(exceptionOf(1, { openedAt: 7, state: 'POSTED' }))).toBe('alreadyOpen');
        const { exceptions } = await work.ofAgency({ agencyCode: 'H29.12', limit: 9 });
        expect(exceptions.map((one) => one.exception)).toEqual([exceptionOf(1)]);
      });

      it('clear by themselves unless people are at it, and open again if they come back', async () => {
        await work.open(exceptionOf(1));
        await work.open(exceptionOf(2, { state: 'PROPOSED' }));
        expect(await work.clear(exceptionOf(1))).toBe('cleared');
        expect(await work.clear(exceptionOf(1))).toBe('kept');
        expect(await work.clear(exceptionOf(2))).toBe('kept');
        expect(await work.clear(exceptionOf(3))).toBe('kept');
        expect(await work.open(exceptionOf(1))).toBe('opened');
        expect(await work.open(exceptionOf(1))).toBe('alreadyOpen');
        const { exceptions } = await work.ofAgency({ agencyCode: 'H29.12', limit: 9 });
        expect(exceptions.map(({ exception }) => exception.state)).toEqual(['OPEN', 'PROPOSED']);
      });

      it('change only if they are as they were seen, and never by whoever proposed', async () => {
        const first = exceptionOf(1);
        await work.open(first);
        const proposal = { resolution: { kind: 'close' as const }, reason: 'own_error' as const, by: 'clerk-7', at: 5 };
        const proposed: Exception = { ...first, state: 'PROPOSED', version: 1, proposal };
        expect(await work.change(first, proposed)).toBe('changed');
        expect(await work.change(first, proposed)).toBe('refused');
        expect(await work.at(first)).toEqual(proposed);
        const approved: Exception = { ...proposed, state: 'APPROVED', version: 2 };
        expect(await work.change(proposed, approved, 'clerk-7')).toBe('refused');
        const both = await Promise.all([1, 2, 3].map((who) => work.change(proposed, approved, `other-${who}`)));
        expect(both.filter((one) => one === 'changed')).toHaveLength(1);
        expect(await work.at(exceptionOf(2))).toBeUndefined();
      });

      it('open once when twenty do it at the same time', async () => {
        const opened = await Promise.all(Array.from({ length: 20 }, () => work.open(exceptionOf(1))));
        expect(opened.filter((one) => one === 'opened')).toHaveLength(1);
      });

      it('are read back as they were, with all that may be absent', async () => {
        const full = exceptionOf(1, {
          theirs: dong(0),
          ours: null,
          invoiceId: 'inv_123456789012',
          paymentReference: '123456789012015',
          statementId: statementOf(1).statementId,
        });
        await work.open(full);
        expect(await all(work.ofDay({ agencyCode: 'H29.12', day: '2026-11-20' }))).toEqual([full]);
      });

      it('are listed by agency, oldest day first, page by page, and never another agency’s', async () => {
        const days = ['2026-11-21', '2026-11-19', '2026-11-20'];
        for (const [number, businessDate] of days.entries()) await work.open(exceptionOf(number, { businessDate }));
        await work.open(exceptionOf(9, { agencyCode: 'H29.1' }));
        await work.open(exceptionOf(8, { agencyCode: 'H29.120' }));

        const first = await work.ofAgency({ agencyCode: 'H29.12', limit: 2 });
        expect(first.exceptions.map((one) => one.exception.transactionId)).toEqual(['T1', 'T2']);
        expect(first.more).toBe(true);
        const second = await work.ofAgency({ agencyCode: 'H29.12', limit: 2, after: first.exceptions[1]?.position });
        expect(second.exceptions.map((one) => one.exception.transactionId)).toEqual(['T0']);
        expect(second.more).toBe(false);
      });

      it('are listed from any position on, not only from the end of a page', async () => {
        for (const number of [1, 2, 3]) await work.open(exceptionOf(number));
        const [first] = (await work.ofAgency({ agencyCode: 'H29.12', limit: 3 })).exceptions;
        const rest = await work.ofAgency({ agencyCode: 'H29.12', limit: 3, after: first?.position });
        expect(rest.exceptions.map((one) => one.exception.transactionId)).toEqual(['T2', 'T3']);
      });

      it('of a day are those of that day', async () => {
        for (const [number, businessDate] of ['2026-11-20', '2026-11-02', '2026-11-21'].entries())
          await work.open(exceptionOf(number, { businessDate }));
        const found = await all(work.ofDay({ agencyCode: 'H29.12', day: '2026-11-20' }));
        expect(found.map((one) => one.transactionId)).toEqual(['T0']);
      });
    });

    describe('statements', () => {
      it('are created once; the second creation answers what stands there', async () => {
        const first = statementOf(1, { fileName: 'a.csv', announcedSha256: 'b'.repeat(64) });
        expect(await work.create(first)).toEqual(first);
        expect(await work.create(statementOf(1, { bodyHash: 'c'.repeat(64) }))).toEqual(first);
        expect(await work.find(first.statementId)).toEqual(first);
      });

      it('are absent until they are created', async () =>
        expect(await work.find(statementOf(1).statementId)).toBeUndefined());

      it('move with what the move found', async () => {
        const { statementId } = await work.create(statementOf(1));
        const reading = { object: { etag: 'e1', versionId: 'v1' }, readAt: 5 };
        expect(await work.move(statementId, 'READING', reading)).toEqual({
          kind: 'moved',
          statement: statementOf(1, { state: 'READING', ...reading }),
        });
        const faults = [fault(2, 'trailer_count', { count: 1, expected: 2 }), fault(0, 'file_empty')];
        await work.move(statementId, 'REFUSED', { faults, sha256: 'd'.repeat(64), endedAt: 6 });
        expect(await work.find(statementId)).toEqual(
          statementOf(1, { state: 'REFUSED', ...reading, faults, sha256: 'd'.repeat(64), endedAt: 6 }),
        );
      });

      const legal = ['AWAITING_FILE READING', 'READING REFUSED', 'READING RECONCILED', 'RECONCILED SUPERSEDED'];
      for (const from of StatementState.options)
        for (const to of StatementState.exclude(['AWAITING_FILE']).options)
          it(`${legal.includes(`${from} ${to}`) ? 'move' : 'never move'} from ${from} to ${to}`, async () => {
            const before = statementOf(1, { state: from });
            await work.create(before);
            const { kind, statement } = await work.move(before.statementId, to, { endedAt: 9 });
            if (legal.includes(`${from} ${to}`)) {
              expect({ kind, statement }).toEqual({ kind: 'moved', statement: { ...before, state: to, endedAt: 9 } });
            } else {
              expect({ kind, statement }).toEqual({ kind: 'refused', statement: before });
              expect(await work.find(before.statementId)).toEqual(before);
            }
          });

      it('move once when two do it at the same time', async () => {
        const { statementId } = await work.create(statementOf(1));
        const moves = await Promise.all([1, 2, 3, 4, 5].map((readAt) => work.move(statementId, 'READING', { readAt })));
        expect(moves.filter(({ kind }) => kind === 'moved')).toHaveLength(1);
        const [winner] = moves.filter(({ kind }) => kind === 'moved');
        expect(await work.find(statementId)).toEqual(winner?.statement);
      });

      it('cannot move before they are created', async () =>
        expect(work.move(statementOf(1).statementId, 'READING', {})).rejects.toThrow());
    });

    describe('claims', () => {
      const [one, other] = [statementOf(1).statementId, statementOf(2).statementId];

      it('are taken by the first, and pass for it again', async () => {
        expect(await work.claim(['content#x', 'day#x'], one)).toEqual({ kind: 'claimed' });
        expect(await work.claim(['content#x', 'day#x'], one)).toEqual({ kind: 'claimed' });
        expect(await work.claim(['day#x'], other)).toEqual({ kind: 'taken', claim: 'day#x', by: one });
      });

      it('are taken all or none', async () => {
        await work.claim(['day#x'], one);
        expect(await work.claim(['content#y', 'day#x'], other)).toMatchObject({
          kind: 'taken',
          claim: 'day#x',
          by: one,
        });
        expect(await work.claim(['content#y'], one)).toEqual({ kind: 'claimed' });
      });

      it('name the first of them that is taken', async () => {
        await work.claim(['content#x', 'day#x'], one);
        expect(await work.claim(['content#x', 'day#x'], other)).toMatchObject({ claim: 'content#x' });
      });
    });

    describe('the log of files', () => {
      it('lists a month’s, newest first, page by page', async () => {
        for (const [number, at] of [3, 1, 2].entries())
          await work.create(statementOf(number, { createdAt: 1_795_000_000_000 + at }));
        await work.create(statementOf(9, { createdAt: Date.parse('2026-12-01T00:00:00+07:00') }));
        const month = '2026-11';
        const first = await work.files({ month, limit: 2 });
        const second = await work.files({ month, limit: 2, after: first.files.at(-1)?.position });
        expect(
          [...first.files, ...second.files].map(({ statement }) => statement.createdAt - 1_795_000_000_000),
        ).toEqual([3, 2, 1]);
        expect(first.more).toBe(true);
      });

      it('lists a file once that was announced twice', async () => {
        await work.create(statementOf(1));
        await work.create(statementOf(1, { createdAt: 1_795_000_000_777 }));
        expect((await work.files({ month: '2026-11', limit: 9 })).files).toHaveLength(1);
      });
    });

    it('a claim passes from a file to the one in its place, and to no other', async () => {
      const [one, other, third] = [1, 2, 3].map((number) => statementOf(number).statementId) as [
        string,
        string,
        string,
      ];
      expect(await work.claim(['a', 'b'], one)).toEqual({ kind: 'claimed' });
      expect(await work.claim(['a'], third, other)).toEqual({ kind: 'taken', claim: 'a', by: one });
      expect(await work.claim(['a', 'c'], other, one)).toEqual({ kind: 'claimed' });
      expect(await work.claim(['a'], one)).toEqual({ kind: 'taken', claim: 'a', by: other });
    });
  });
}
