import { createHash } from 'node:crypto';
import ExcelJS from 'exceljs';
import fc from 'fast-check';
import { getDocument } from 'pdfjs-dist/legacy/build/pdf.mjs';
import { describe, expect, it } from 'vitest';
import { reportBytes } from '../../shared/documents/report.ts';
import { Statement } from '../../shared/domain/reconciliation/statement.ts';
import { MAX_DAYS_AT_ONCE, type ReportFormat } from '../../shared/domain/reports/job.ts';
import { ReportDoesNotFoot } from '../../shared/domain/reports/report.ts';
import { reports } from '../../shared/domain/reports/reports.ts';
import { runReport } from '../../shared/usecases/run-report.ts';
import { trialBalance } from '../../shared/usecases/trial-balance.ts';
import { whole } from '../documents/tables.ts';
import { AFTERWARDS, AGENCIES, anOrder, booksOf, MONTH, type Order } from '../dsl/books.ts';
import { refusalOf } from '../dsl/invoicing.ts';
import { callerFor, everyone } from './finance-world.ts';

type Books = Awaited<ReturnType<typeof booksOf>>;
type Asked = Partial<Parameters<typeof runReport>[0]>;

const LIMITS = { days: MAX_DAYS_AT_ONCE, rows: 100_000, asOf: AFTERWARDS };
const begin = ({ dependencies }: Books, reportId: string, more: Asked = {}, caller = everyone, limits = LIMITS) =>
  runReport({ reportId, ...MONTH, ...more }, caller, limits, dependencies);

async function made(books: Books, reportId: string, more: Asked = {}, caller = everyone) {
  const running = await begin(books, reportId, more, caller);
  const rows: Record<string, unknown>[] = [];
  for await (const page of running.rows)
    for (const row of page)
      rows.push(Object.fromEntries(running.report.columns.map(({ key }, at) => [key, row[at] ?? null])));
  return { rows, totals: running.totals(), proofs: running.proofs(), sha256: running.rowsSha256() };
}

const order = (more: Partial<Omit<Order, 'paid'>> & { paid?: Partial<Order['paid']> } = {}): Order => ({
  ...{ agency: 'H29.12', day: 3, procedure: '1.004222' },
  lines: [
    { kind: 'phi', amount: 100_000, beneficiary: 'main' },
    { kind: 'le_phi', amount: 35_000, beneficiary: 'main' },
  ],
  ...more,
  paid: { parts: 1, provider: 'vnpay', goesBack: false, ...more.paid },
});

/** One of everything: paid, paid at the desk, surplus, given back, unpaid, another agency, exempt. */
const SAMPLE: readonly Order[] = [
  order(),
  order({ day: 4, paid: { provider: 'counter' } }),
  order({ day: 5, paid: { surplus: 7_000 } }),
  order({ day: 6, paid: { goesBack: true } }),
  order({ day: 7, procedure: '3.000347', paid: { parts: 0 } }),
  order({ day: 8, agency: 'H29.13', procedure: '3.000347', paid: { provider: 'momo' } }),
  order({ day: 9, lines: [{ kind: 'phi', amount: 0, beneficiary: 'main' }] }),
];

describe('the file log', () => {
  const at = Date.parse('2026-11-05T09:00:00+07:00');
  const file = (index: number, more: Partial<Statement> = {}) =>
    Statement.parse({
      statementId: `stm_${String(index).padStart(24, '0')}`,
      ...{ state: 'RECONCILED', providerId: 'vnpay', businessDate: '2026-11-04', clientId: 'finance-maker' },
      ...{ bodyHash: '0'.repeat(64), createdAt: at + index, fileName: `T${index}.csv`, size: 1_024 },
      ...more,
    });

  it('has each file of the time once, as it was announced, with what became of it', async () => {
    const books = await booksOf([]);
    const totals = { lines: 9, collected: 8, amount: 900_000, matched: 7, matchedAmount: 800_000, exceptions: 1 };
    const faults = [{ line: 3, code: 'amount_malformed' as const }];
    await books.work.create(file(1, { totals, revision: 2, supersedes: file(0).statementId, sha256: 'a'.repeat(64) }));
    await books.work.create(file(2, { providerId: 'momo', state: 'REFUSED', faults }));
    await books.work.create(file(3, { createdAt: Date.parse('2026-10-31T09:00:00+07:00') }));
    const { rows, totals: sums } = await made(books, 'file-log');
    expect(rows).toMatchObject([
      {
        statementId: file(1).statementId,
        sender: 'finance-maker',
        state: 'RECONCILED',
        lines: 9,
        amount: 900_000,
        revision: 2,
      },
      {
        provider: 'momo',
        words: 'Từ chối',
        state: 'REFUSED',
        fault: 'amount_malformed',
        faultLine: 3,
        faults: 1,
        lines: null,
      },
    ]);
    expect(sums).toMatchObject({ amount: 900_000, matchedAmount: 800_000 });
    expect((await made(books, 'file-log', { provider: 'momo' })).rows).toHaveLength(1);
  });

  it('shows a file to nobody who may not see all of its agencies', async () => {
    const books = await booksOf([]);
    await books.work.create(file(1));
    await books.work.create(file(2, { providerId: 'momo' }));
    const seen = async (agencies: string[]) =>
      (await made(books, 'file-log', {}, callerFor(agencies))).rows.map(({ provider }) => provider);
    expect(await seen(['H29.13'])).toEqual(['momo']);
    expect(await seen(['H29.12'])).toEqual([]);
    expect(await seen([...AGENCIES])).toEqual(['vnpay', 'momo']);
  });
});

describe('the log of users’ acts', () => {
  it('has every act of the time, and to those who see some agencies what is about these', async () => {
    const books = await booksOf([]);
    const at = Date.parse('2026-11-05T09:00:00+07:00');
    const act = { subject: { kind: 'refunds', id: 'rfd_1' }, by: 'clerk one', clientId: 'desk' } as const;
    const about = [{ kind: 'invoices', id: 'inv_1' }];
    await books.audit.append({ ...act, act: 'asked', at, agencyCode: 'H29.12', about, callId: 'one' });
    await books.audit.append({ ...act, act: 'failed', at: at + 1, agencyCode: 'H29.13', reason: 'own_approval' });
    await books.audit.append({ ...act, act: 'proposed', at: at + 2, subject: { kind: 'agencies', id: 'H29.12' } });
    await books.audit.append({ ...act, act: 'applied', at: Date.parse('2026-12-01T00:00:00+07:00') });
    const { rows } = await made(books, 'user-actions');
    expect(rows).toMatchObject([
      {
        words: 'Bắt đầu',
        act: 'asked',
        by: 'clerk one',
        subject: 'refunds rfd_1',
        about: 'invoices inv_1',
        callId: 'one',
      },
      { words: 'Không thực hiện được', act: 'failed', agencyCode: 'H29.13', reason: 'own_approval' },
      { words: 'Đề xuất', act: 'proposed', agencyCode: null, subject: 'agencies H29.12' },
    ]);
    const theirs = await made(books, 'user-actions', {}, callerFor(['H29.13']));
    expect(theirs.rows.map((row) => row['act'])).toEqual(['failed']);
  });
});

describe('every report', () => {
  it('foots to the ledger and to the trial balance, whatever the books are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anOrder, { maxLength: 25 }), async (orders) => {
        const books = await booksOf(orders);
        const { rows: accounts } = await trialBalance({ date: '2026-12-04' }, everyone, {
          ...books.dependencies,
          now: () => AFTERWARDS,
        });
        const held = (...kinds: string[]) =>
          accounts.filter(({ kind }) => kinds.includes(kind)).reduce((sum, { balance }) => sum - balance, 0);
        const all = Object.fromEntries(
          await Promise.all(reports.map(async ({ id }) => [id, await made(books, id)] as const)),
        );
        for (const { proofs } of Object.values(all))
          for (const { report, ledger } of proofs) expect(report).toBe(ledger);
        const sum = (id: string, key: string) => all[id]?.totals[key] ?? Number.NaN;
        // All of it was entered within the month, so what came and went in it is what the accounts hold.
        expect(sum('payment-register', 'received') - sum('payment-register', 'givenBack')).toBe(
          held('payable', 'surplus', 'unmatched'),
        );
        expect(sum('daily-reconciliation', 'receivedAmount') - sum('daily-reconciliation', 'reversedAmount')).toBe(
          held('payable', 'surplus', 'unmatched'),
        );
        expect(sum('remittance', 'due')).toBe(held('payable'));
        expect(sum('duplicates-and-surplus', 'surplus')).toBe(held('surplus'));
        expect(sum('service-feed', 'received') - sum('service-feed', 'givenBack')).toBe(
          held('payable', 'surplus', 'unmatched'),
        );
        // Of what stands, provincial tells what pays invoices.
        expect(sum('provincial', 'all')).toBe(held('payable'));
        const ending = await made(books, 'unsettled-balance', { to: '2026-12-01' });
        expect(ending.totals).toMatchObject({
          debit: accounts.reduce((debit, row) => debit + row.debit, 0),
          balance: 0,
        });
      }),
      { numRuns: 25 },
    );
  });

  it.each(reports.map(({ id }) => [id]))(
    '%s is the same rows from the same books, and has its columns named twice',
    async (id) => {
      const books = await booksOf(SAMPLE);
      expect((await made(books, id)).sha256).toBe((await made(books, id)).sha256);
      const columns = reports.find((report) => report.id === id)?.columns ?? [];
      expect(new Set(columns.map(({ key }) => key)).size).toBe(columns.length);
      for (const { title } of columns) expect(title.vi && title.en).toBeTruthy();
    },
  );

  it.each(reports.map(({ id }) => [id]))('%s tells a caller of its own agencies only (scenario 64)', async (id) => {
    const books = await booksOf(SAMPLE);
    const { rows } = await made(books, id, {}, callerFor(['H29.13']));
    const named = new Set(rows.flatMap((row) => ('agencyCode' in row ? [row['agencyCode']] : [])));
    expect([...named].filter((code) => code !== 'H29.13')).toEqual([]);
    expect(JSON.stringify(rows)).not.toContain('H29.12');
    expect(await refusalOf(made(books, id, { agencyCode: 'H29.12' }, callerFor(['H29.13'])))).toBe('not_found');
  });

  it('is not shown when it does not foot', async () => {
    const books = await booksOf(SAMPLE);
    const [entry] = await entriesOf(books);
    if (!entry) throw new Error('no entry');
    await books.journal.append({ ...entry, movementId: 'mov_vnpay_planted', lines: entry.lines.slice(0, 1) });
    await expect(made(books, 'daily-reconciliation')).rejects.toThrow(ReportDoesNotFoot);
    await expect(made(books, 'payment-register')).rejects.toThrow(ReportDoesNotFoot);
  });

  it('tells the books of one instant: what is committed later takes no part (scenario 52)', async () => {
    const books = await booksOf(SAMPLE);
    const asOf = Date.parse('2026-11-06T00:00:00+07:00');
    const early = await begin(books, 'payment-register', {}, everyone, { ...LIMITS, asOf });
    for await (const page of early.rows) expect(page.every((row) => Number(row[7]) <= asOf)).toBe(true);
    expect(early.rowCount()).toBe(2);
  });

  it('refuses ranges that end before they begin or are too wide, and a provider where there is none', async () => {
    const books = await booksOf([]);
    expect(await refusalOf(made(books, 'remittance', { from: '2026-12-01' }))).toBe('unprocessable');
    expect(await refusalOf(made(books, 'remittance', { from: '2026-10-01' }))).toBe('report_range_too_wide');
    expect(await refusalOf(made(books, 'provincial', { provider: 'vnpay' }))).toBe('unprocessable');
  });
});

const entriesOf = async ({ journal }: Books) => {
  const all = [];
  for (const agencyCode of AGENCIES)
    for (const day of ['2026-11-04', '2026-11-05'])
      for await (const one of journal.ofDay({ agencyCode, day })) all.push(one);
  return all;
};

describe('reports by their figures', () => {
  it('remittance: by chapter and sub-item, with what the collector keeps', async () => {
    const { rows } = await made(await booksOf(SAMPLE), 'remittance');
    expect(
      rows.map((row) => [
        row['agencyCode'],
        row['chapter'],
        row['subItem'],
        row['collected'],
        row['givenBack'],
        row['retained'],
        row['toBudget'],
      ]),
    ).toEqual([
      ['H29.12', '426', '2716', 400_000, 100_000, 99_900, 200_100],
      ['H29.12', '426', '2771', 140_000, 35_000, 0, 105_000],
      ['H29.13', '426', '2716', 100_000, 0, 33_300, 66_700],
      ['H29.13', '426', '2771', 35_000, 0, 0, 35_000],
    ]);
  });

  it('provincial: dossiers and money by way and kind', async () => {
    const { rows } = await made(await booksOf(SAMPLE), 'provincial');
    expect(rows[0]).toMatchObject({
      ...{ agencyCode: 'H29.12', feeProcedures: 4, withDossiers: 2, withPayments: 1, withOnlinePayments: 1 },
      ...{ feeDossiers: 5, dossiersPaidOnline: 2, exemptDossiers: 1 },
      ...{ cash: 135_000, online: 270_000, all: 405_000, phi: 300_000, lePhi: 105_000, refunded: 0, parts: 0 },
    });
  });

  it('index 766: by the formulas of the decision, rounded half up to hundredths', async () => {
    const { rows, totals } = await made(await booksOf(SAMPLE), 'index-766');
    expect(rows.map((row) => [row['code'], row['numerator'], row['denominator'], row['ratio'], row['points']])).toEqual(
      [
        ['3.5a', 2, 4, 5_000, 125],
        ['3.5b', 2, 2, 10_000, 200],
        // Three of six dossiers that ask for a fee: one paid at the desk, one given back, one unpaid.
        ['3.6', 3, 6, 5_000, 300],
      ],
    );
    expect(totals).toEqual({ points: 625, max: 10 });
  });

  it('daily reconciliation: what providers reported stands beside, and what is open is counted', async () => {
    const books = await booksOf(SAMPLE);
    await books.files.writeSummary({
      ...{ version: 1, statementId: `stm_${'0'.repeat(24)}`, providerId: 'vnpay', businessDate: '2026-11-04' },
      ...{ sha256: 'a'.repeat(64), reportedAt: AFTERWARDS - 1 },
      agencies: { 'H29.12': { count: 1, amount: 134_000, matched: 0, matchedAmount: 0 } },
    });
    const { rows, totals } = await made(books, 'daily-reconciliation');
    expect(rows[0]).toMatchObject({
      ...{ accountingDate: '2026-11-04', agencyCode: 'H29.12', provider: 'vnpay' },
      ...{ receivedAmount: 135_000, reportedAmount: 134_000, difference: 1_000 },
    });
    expect(totals).toMatchObject({ receivedCount: 6, reversedCount: 1, openExceptions: 1 });
  });

  it('exceptions: with their age in days and bands', async () => {
    const { rows } = await made(await booksOf(SAMPLE), 'exceptions');
    expect(rows).toMatchObject([{ category: 'DUPLICATE_PAYMENT', ageDays: 29, ageBand: '8–30' }]);
  });

  it('service feed: no person, no dossier, no transaction', async () => {
    const { rows } = await made(await booksOf(SAMPLE), 'service-feed');
    expect(Object.keys(rows[0] ?? {})).toEqual([
      ...['accountingDate', 'agencyCode', 'provider', 'entries', 'paid', 'odd', 'inTime', 'received', 'givenBack'],
    ]);
    expect(JSON.stringify(rows)).not.toMatch(/261101|T\dx|Nguyễn/);
  });

  it('duplicates and surplus: below zero where it went back', async () => {
    const { rows, totals } = await made(
      await booksOf([order({ paid: { surplus: 7_000 } }), order({ paid: { surplus: 5_000, goesBack: true } })]),
      'duplicates-and-surplus',
    );
    expect(rows.map((row) => row['surplus'])).toEqual([7_000, 5_000, -5_000]);
    expect(totals).toEqual({ surplus: 7_000, unmatched: 0 });
  });
});

describe('a report in every format', () => {
  const bytesOf = async (id: string, format: ReportFormat) => {
    const running = await begin(await booksOf(SAMPLE), id);
    return { bytes: await whole(reportBytes(format, running)), running };
  };

  it.each(reports.map(({ id }) => [id]))('%s: JSON, CSV, Excel and PDF say the same', async (id) => {
    const json = JSON.parse((await bytesOf(id, 'json')).bytes.toString());
    const { bytes: csv, running } = await bytesOf(id, 'csv');
    const lines = csv.toString().trimEnd().split('\r\n');
    const hasTotals = Object.keys(json.totals).length > 0;
    expect(lines.length).toBe(1 + json.rows.length + (hasTotals ? 1 : 0));
    expect(json.rowsSha256).toBe(running.rowsSha256());

    const book = new ExcelJS.Workbook();
    const xlsx = await bytesOf(id, 'xlsx');
    await book.xlsx.load(xlsx.bytes as unknown as ExcelJS.Buffer);
    expect(book.worksheets.map(({ name }) => name)).toEqual(['Tổng hợp', 'Số liệu']);
    const data = book.getWorksheet('Số liệu');
    expect(data?.rowCount).toBe(lines.length);
    for (const [at, { key, kind }] of running.report.columns.entries())
      if (json.totals[key] !== undefined && kind !== 'hundredths')
        expect(data?.getCell(lines.length, at + 1).value).toBe(json.totals[key]);
    expect(book.getWorksheet('Tổng hợp')?.getColumn(2).values).toContain(json.rowsSha256);

    const { bytes } = await bytesOf(id, 'pdf');
    const document = await getDocument({ data: new Uint8Array(bytes), verbosity: 0 }).promise;
    let text = '';
    for (let page = 1; page <= document.numPages; page += 1)
      text += (await (await document.getPage(page)).getTextContent()).items
        .map((item) => ('str' in item ? item.str : ''))
        .join(' ');
    expect(text).toContain('CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM');
    expect(text).toContain(json.rowsSha256);
    for (const { key, kind } of running.report.columns)
      if (kind === 'amount' && json.totals[key])
        expect(text.replaceAll(/\s/g, '')).toContain(String(json.totals[key]).replace(/\B(?=(?:\d{3})+(?!\d))/g, '.'));
  });

  it('bears the amount in words, and a hash of its rows that anybody can compute from the JSON', async () => {
    const json = JSON.parse((await bytesOf('remittance', 'json')).bytes.toString());
    const hash = createHash('sha256');
    for (const row of json.rows) hash.update(`${JSON.stringify(Object.values(row))}\n`);
    expect(hash.digest('hex')).toBe(json.rowsSha256);
    const { bytes } = await bytesOf('remittance', 'pdf');
    const document = await getDocument({ data: new Uint8Array(bytes), verbosity: 0 }).promise;
    const { items } = await (await document.getPage(1)).getTextContent();
    const text = items.map((item) => ('str' in item ? item.str : '')).join(' ');
    // 675,000 collected of which 135,000 went back.
    expect(text.replaceAll(/\s+/g, ' ')).toContain('Năm trăm bốn mươi nghìn đồng');
  });
});
