import { createHash } from 'node:crypto';
import ExcelJS from 'exceljs';
import { getDocument } from 'pdfjs-dist/legacy/build/pdf.mjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalStack } from '../../infra/local/stack.ts';
import { recordCounterPayment } from '../../shared/api/counter.ts';
import { readTrialBalance } from '../../shared/api/ledger.ts';
import { listReports, readAggregates, readReport, readReportJob, requestReport } from '../../shared/api/reports.ts';
import type { ReportFormat } from '../../shared/domain/reports/job.ts';
import { eventually, removeTemporaryFolders, startTestStack } from '../stack.ts';
import { Caller, expectGateway } from './caller.ts';
import { AGENCY, LICENCE, PAYER, tokenOf, vietnamDay, World } from './world.ts';

/** Reports of a running stack: read, made in each format, fetched, opened by other programs, and footed to the ledger. */

const PAYMENTS = 3;

let stack: LocalStack;
let world: World;

beforeAll(async () => {
  stack = await startTestStack();
  world = await World.enter(stack);
  for (let one = 0; one < PAYMENTS; one += 1) {
    const { invoiceId } = await world.invoice();
    const order = await world.order(invoiceId);
    await world.vnpay.notify(world.transact(order).query);
    // The first invoice is paid twice: the second money is surplus.
    if (one === 0) await world.vnpay.notify(world.transact(order).query);
  }
  const names = { vi: 'Sở Dịch vụ mẫu số một', en: 'First sample department' };
  await world.changeAgency(AGENCY, { name: names });
  const clerk = new Caller(stack.url, await tokenOf(stack, 'local-clerk-one'));
  const { invoiceId } = await world.invoice();
  const slip = { amount: LICENCE.amount, method: 'cash', receipt: { symbol: '01AA/26P', number: '1' }, desk: 'q-01' };
  await clerk.done(recordCounterPayment, { params: { invoiceId }, body: slip });
  await eventually('the journal has them', async () => (await world.journal()).count === PAYMENTS + 2);
});
afterAll(async () => {
  await world?.leave();
  await stack?.stop();
  removeTemporaryFolders();
});

const today = () => vietnamDay(new Date());
const query = () => ({ from: today(), to: today() });
const held = async (...kinds: string[]): Promise<number> => {
  const { rows } = await world.finance.done(readTrialBalance, { query: { date: today() } });
  return rows.filter(({ kind }) => kinds.includes(kind)).reduce((sum, { balance }) => sum - balance, 0);
};

/** Has a report made and fetches its file. */
async function made(reportId: string, format: ReportFormat) {
  const body = { reportId, ...query(), agencyCode: AGENCY, format };
  const { jobId } = await world.finance.done(requestReport, { body });
  await eventually(
    `${reportId} is made`,
    async () => !['WAITING', 'MAKING'].includes((await world.finance.done(readReportJob, { params: { jobId } })).state),
  );
  const job = await world.finance.done(readReportJob, { params: { jobId } });
  expect(job).toMatchObject({ state: 'DONE', fault: null });
  const answer = await fetch(job.file?.url ?? '');
  const bytes = Buffer.from(await answer.arrayBuffer());
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(job.file?.sha256);
  return { job, bytes };
}

describe('the aggregate feed', () => {
  it('tells a system of the state what the ledger holds, by a token that opens nothing else', async () => {
    const monitor = new Caller(stack.url, await tokenOf(stack, 'local-monitor'));
    const told = async () => (await monitor.done(readAggregates, { query: {} })).data;
    await eventually('the feed has come past the last entry', async () => {
      await stack.runSchedule('TellAggregatesHourlySchedule');
      const entries = (await told()).reduce((sum, row) => sum + (row.kind === 'takings' ? row.figures.entries : 0), 0);
      return entries >= PAYMENTS + 2;
    });
    const { rows } = await world.finance.done(readReport, { params: { reportId: 'service-feed' }, query: query() });
    const latest = new Map<string, unknown>();
    for (const row of await told())
      if (row.kind === 'takings') latest.set(`${row.agencyCode} ${row.providerId}`, row.figures);
    expect(latest.size).toBe(rows.length);
    for (const { agencyCode, provider, entries, paid, odd, received, givenBack } of rows)
      expect(latest.get(`${agencyCode} ${provider}`)).toMatchObject({ entries, paid, odd, received, givenBack });
    expect((await stack.runSchedule('TellAggregatesHourlySchedule')) as object).toMatchObject({ rows: 0 });
    for (const endpoint of [listReports, readReport])
      expectGateway(await monitor.call(endpoint, { params: { reportId: 'payment-register' } }), 403);
    expectGateway(await world.finance.call(readAggregates, {}), 403);
  });
});

describe('reports', () => {
  it('are listed, and each is answered at once, with proofs that hold', async () => {
    const { reports } = await world.finance.done(listReports);
    for (const { reportId, columns } of reports) {
      const report = await world.finance.done(readReport, { params: { reportId }, query: query() });
      for (const proof of report.proofs) expect(proof.report).toBe(proof.ledger);
      for (const row of report.rows) expect(Object.keys(row)).toEqual(columns.map(({ key }) => key));
    }
  });

  it('foot to the trial balance', async () => {
    const read = async (reportId: string) =>
      (await world.finance.done(readReport, { params: { reportId }, query: query() })).totals;
    const register = await read('payment-register');
    expect(register).toEqual({ received: (PAYMENTS + 2) * LICENCE.amount, givenBack: 0 });
    expect(register['received']).toBe(await held('payable', 'surplus', 'unmatched'));
    expect((await read('remittance'))['due']).toBe(await held('payable'));
    expect((await read('duplicates-and-surplus'))['surplus']).toBe(await held('surplus'));
    expect(await read('provincial')).toMatchObject({ cash: LICENCE.amount, online: PAYMENTS * LICENCE.amount });
    const { totals } = await world.finance.done(readTrialBalance, { query: { date: today() } });
    expect(await read('unsettled-balance')).toMatchObject({ ...totals, balance: 0 });
  });

  it('are made in every format and say the same', async () => {
    const json = JSON.parse((await made('payment-register', 'json')).bytes.toString());
    expect(json.totals.received).toBe((PAYMENTS + 2) * LICENCE.amount);

    const csv = await made('payment-register', 'csv');
    expect(csv.job.file?.rowsSha256).toBe(json.rowsSha256);
    const lines = csv.bytes.toString().trimEnd().split('\r\n');
    expect(lines).toHaveLength(1 + PAYMENTS + 2 + 1);
    expect(lines.at(-1)).toContain(`,${json.totals.received},0,`);

    const xlsx = await made('payment-register', 'xlsx');
    const book = new ExcelJS.Workbook();
    await book.xlsx.load(xlsx.bytes as unknown as ExcelJS.Buffer);
    const data = book.getWorksheet('Số liệu');
    const at = 1 + json.columns.findIndex(({ key }: { key: string }) => key === 'received');
    expect(data?.getCell(PAYMENTS + 2 + 2, at).value).toBe(json.totals.received);

    const pdf = await made('payment-register', 'pdf');
    const document = await getDocument({ data: new Uint8Array(pdf.bytes), verbosity: 0 }).promise;
    let text = '';
    for (let page = 1; page <= document.numPages; page += 1)
      for (const item of (await (await document.getPage(page)).getTextContent()).items)
        text += 'str' in item ? `${item.str} ` : '';
    expect(text).toContain('SỞ DỊCH VỤ MẪU SỐ MỘT');
    expect(text).toContain(json.rowsSha256);
    expect(text.replaceAll(/\s+/g, ' ')).toContain('Sáu trăm bảy mươi lăm nghìn đồng');
    for (const bytes of [csv.bytes, Buffer.from(text)]) expect(bytes.toString()).not.toContain(PAYER.name);
  });

  it('are the caller’s own, for those who may read reports, in ranges that can be made', async () => {
    const body = { reportId: 'remittance', ...query(), format: 'csv' };
    const { jobId } = await world.finance.done(requestReport, { body });
    const checker = new Caller(stack.url, await tokenOf(stack, 'local-finance-checker'));
    await checker.refused(readReportJob, { params: { jobId } }, 'not_found');
    for (const endpoint of [listReports, readReport, requestReport])
      expectGateway(await world.portal.call(endpoint, { params: { reportId: 'remittance' } }), 403);
    const params = { reportId: 'remittance' };
    const wide = { from: '2026-01-01', to: '2026-11-01' };
    await world.finance.refused(readReport, { params, query: wide }, 'report_range_too_wide');
    await world.finance.refused(requestReport, { body: { ...body, from: '2020-01-01' } }, 'report_range_too_wide');
    await world.finance.refused(readReport, { params: { reportId: 'made-up' }, query: wide }, 'not_found');
    await world.finance.refused(
      readReport,
      { params, query: { from: '2026-02-30', to: '2026-03-01' } },
      'malformed_request',
    );
  });
});
