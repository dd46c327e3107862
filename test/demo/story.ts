import { setTimeout as delay } from 'node:timers/promises';
import { DAY_MILLISECONDS, startOfDay, vietnamDay } from '../../shared/domain/time.ts';
import {
  type DailyReport,
  DailyReport as DailyReportSchema,
  Decided,
  Exceptions,
  Invoice,
  Payment,
  Procedures,
  Quote,
  Started,
  Statement,
  Upload,
  until,
} from './service.ts';
import { type SettlementRow, sandboxBankFile, vnpayFile } from './settlement.ts';
import { dong, type Teller } from './teller.ts';
import type { VnpayOrder, VnpayTransaction } from './vnpay.ts';
import { vnpayTime } from './vnpay.ts';
import { AGENCY, TERMINALS, type World } from './world.ts';

/** The main job, hop by hop. What the demo knows by itself stands in `cases` and `books`; the service is checked by it. */

/** Nobody waits longer than this for one hop. Seconds. */
const PATIENCE = 120;
/** The first delivery is refused on purpose, and comes again after some seconds. */
const WEBHOOK_PATIENCE = 120;
/** All payments of the demo shall count on one day: this near to midnight in Vietnam it waits for the next. Milliseconds. */
const NEAR_MIDNIGHT = 240_000;

/** A citizen's dossier, with the price that the law sets for it. Names are invented. */
export type Case = {
  label: string;
  procedureCode: string;
  dossierCode: string;
  payer: string;
  lawfulPrice: number;
  lawfulLines: readonly number[];
  provider: 'vnpay' | 'sandbox-bank';
  /** Events that agency and portal must hear of it, each once. */
  expectedEvents: readonly string[];
};

const heard = ['payment.succeeded.v1', 'invoice.paid.v1'];
export const cases = {
  licence: {
    label: 'driving licence',
    procedureCode: '3.000347',
    dossierCode: 'H29.77-261122-0001',
    payer: 'Nguyễn Văn Mẫu',
    lawfulPrice: 135_000,
    lawfulLines: [135_000],
    provider: 'vnpay',
    expectedEvents: heard,
  },
  company: {
    label: 'new company',
    procedureCode: '2.001583',
    dossierCode: 'H29.77-261122-0002',
    payer: 'Công ty TNHH Ví Dụ',
    lawfulPrice: 100_000,
    lawfulLines: [0, 100_000],
    provider: 'sandbox-bank',
    expectedEvents: heard,
  },
  residence: {
    label: 'permanent residence',
    procedureCode: '1.004222',
    dossierCode: 'H29.77-261122-0003',
    payer: 'Trần Thị Mẫu',
    lawfulPrice: 10_000,
    lawfulLines: [10_000],
    provider: 'vnpay',
    expectedEvents: ['payment.failed.v1', ...heard],
  },
  secondLicence: {
    label: 'second driving licence',
    procedureCode: '3.000347',
    dossierCode: 'H29.77-261122-0004',
    payer: 'Lê Văn Thí Dụ',
    lawfulPrice: 135_000,
    lawfulLines: [135_000],
    provider: 'sandbox-bank',
    expectedEvents: heard,
  },
} as const satisfies Record<string, Case>;
export type CaseName = keyof typeof cases;

/** What the providers know: every transaction that they made, as their settlement files tell of it. */
export type Books = Record<'vnpay' | 'sandbox-bank', SettlementRow[]>;

export class Story {
  readonly #world: World;
  readonly #tell: Teller;
  readonly invoices = new Map<CaseName, Invoice>();
  readonly books: Books = { vnpay: [], 'sandbox-bank': [] };

  constructor(world: World, tell: Teller) {
    this.#world = world;
    this.#tell = tell;
  }

  /** Dong that payers have really been debited, by the demo's own count. */
  get paid(): number {
    return [...this.books.vnpay, ...this.books['sandbox-bank']]
      .filter(({ succeeded }) => succeeded)
      .reduce((sum, row) => sum + row.dong, 0);
  }

  /** The day on which everything happens, in Vietnam. */
  get today(): string {
    const time = vnpayTime(new Date());
    return `${time.slice(0, 4)}-${time.slice(4, 6)}-${time.slice(6, 8)}`;
  }

  async waitPastMidnight(): Promise<void> {
    const now = Date.now();
    const left = startOfDay(vietnamDay(now + DAY_MILLISECONDS)) - now;
    if (left > NEAR_MIDNIGHT) return;
    this.#tell.say('It is nearly midnight in Vietnam: waiting for the new day, so that all payments count on one.');
    await delay(left + 1_000);
  }

  /** Prices a dossier by law and makes its invoice. */
  async priceAndInvoice(name: CaseName): Promise<void> {
    const { portal } = this.#world;
    const tell = this.#tell;
    const { procedureCode, dossierCode, payer, lawfulPrice, lawfulLines } = cases[name];
    const found = await portal.call(Procedures, `/v1/procedures?search=${procedureCode}&limit=1`);
    const quote = await portal.call(Quote, '/v1/quotes', {
      body: {
        procedureCode,
        agencyCode: AGENCY,
        dossierCode,
        channel: 'online',
        submittedAt: new Date().toISOString(),
      },
    });
    const invoice = await portal.call(Invoice, '/v1/invoices', {
      body: { quote: quote.quote, agencyCode: AGENCY, dossierCode, payer: { name: payer } },
    });
    this.invoices.set(name, invoice);
    tell.say(`${procedureCode} ${found.data[0]?.name.vi} (${found.data[0]?.name.en})`);
    for (const line of quote.lines) tell.say(`    ${dong(line.amount).padStart(9)} đ  ${line.explanation.vi}`);
    tell.say(
      `    invoice ${invoice.printedNumber} for ${dong(invoice.total.amount)} đ, payer shown as “${invoice.payer.name}”`,
    );
    const right =
      quote.total.amount === lawfulPrice &&
      invoice.total.amount === lawfulPrice &&
      quote.lines.map(({ amount }) => amount).join() === lawfulLines.join();
    tell.check(`${cases[name].label}: ${dong(lawfulPrice)} đ, as the law sets it`, right, quote.lines);
  }

  /** The citizen chooses a provider and is sent there. */
  async #startPayment(name: CaseName): Promise<{ paymentId: string; url: string }> {
    const { paymentId, next } = await this.#world.portal.call(Started, `/v1/invoices/${this.#idOf(name)}/payments`, {
      body: {
        providerId: cases[name].provider,
        returnUrl: 'https://portal.example.gov.vn/done',
        language: 'vi',
        payerIp: '203.0.113.7',
      },
    });
    return { paymentId, url: next.url };
  }

  async #startAtVnpay(name: CaseName): Promise<{ paymentId: string; order: VnpayOrder }> {
    const { paymentId, url } = await this.#startPayment(name);
    const order = this.#world.vnpay.open(url);
    this.#tell.say(`The portal starts ${paymentId}; VNPAY verifies the signed address: collect ${dong(order.dong)} đ.`);
    return { paymentId, order };
  }

  #settleAtVnpay(order: VnpayOrder, succeeds: boolean): VnpayTransaction {
    const transaction = this.#world.vnpay.settle(order, { succeeds });
    this.books.vnpay.push({
      transactionId: transaction.transactionNo,
      reference: transaction.reference,
      dong: transaction.dong,
      terminal: TERMINALS.vnpay,
      succeeded: transaction.succeeded,
      paidAt: transaction.paidAt,
    });
    return transaction;
  }

  /** Paid over VNPAY: forged notices first, then the genuine one, five times. */
  async payOverVnpay(name: CaseName): Promise<void> {
    const { vnpay } = this.#world;
    const tell = this.#tell;
    const { order } = await this.#startAtVnpay(name);
    const transaction = this.#settleAtVnpay(order, true);

    const before = { version: (await this.#invoice(name)).version, report: await this.report() };
    const otherSecret = await vnpay.notify(vnpay.forgedBy('0123456789ABCDEF0123456789ABCDEF', transaction));
    const otherAmount = await vnpay.notify(transaction.query.replace(/vnp_Amount=\d+/, 'vnp_Amount=100'));
    tell.say(`Somebody forges the notice, twice: ${otherSecret.raw} and ${otherAmount.raw}`);
    tell.check('forged notices are refused (97)', otherSecret.RspCode === '97' && otherAmount.RspCode === '97');
    const after = { version: (await this.#invoice(name)).version, report: await this.report() };
    tell.check(
      'a forged notice changes nothing: same invoice version, same journal',
      after.version === before.version && JSON.stringify(after.report.ledger) === JSON.stringify(before.report.ledger),
      { before, after },
    );

    const first = await vnpay.notify(transaction.query);
    tell.say(`VNPAY sends the genuine notice of transaction ${transaction.transactionNo}: ${first.raw}`);
    await this.#waitUntilPaid(name);
    const copies = await Promise.all(Array.from({ length: 4 }, () => vnpay.notify(transaction.query)));
    tell.say(`… and the very same one four times more: ${copies[0]?.raw}`);
    tell.check(
      'five copies: 00 once, then 02 each time, word for word',
      first.RspCode === '00' && copies.every(({ RspCode, raw }) => RspCode === '02' && raw === copies[0]?.raw),
      [first, ...copies],
    );
  }

  /** Declined, then tried again and paid. */
  async declineThenPay(name: CaseName): Promise<void> {
    const { vnpay, portal } = this.#world;
    const tell = this.#tell;
    const first = await this.#startAtVnpay(name);
    const declined = await vnpay.notify(this.#settleAtVnpay(first.order, false).query);
    const failed = await until('the first attempt to be failed', PATIENCE, async () => {
      const { state } = await portal.call(Payment, `/v1/payments/${first.paymentId}`);
      return state === 'pending' ? undefined : state;
    });
    tell.say(`The citizen gives up on VNPAY’s page (24); VNPAY tells so: ${declined.raw}; the attempt is ${failed}.`);

    const second = await this.#startAtVnpay(name);
    const accepted = await vnpay.notify(this.#settleAtVnpay(second.order, true).query);
    tell.say(`The citizen tries again, and pays: ${accepted.raw}`);
    const invoice = await this.#waitUntilPaid(name);
    const states = invoice.payments.map(({ state }) => state);
    tell.check(
      'two attempts under two references: one failed, one succeeded',
      states.join() === 'failed,succeeded' && first.order.reference !== second.order.reference,
      states,
    );
  }

  /** Paid on the page of the sandbox bank. */
  async payAtBank(name: CaseName): Promise<void> {
    const tell = this.#tell;
    const { paymentId, url } = await this.#startPayment(name);
    const page = await fetch(url);
    const html = await page.text();
    if (page.status !== 200 || !html.includes('</html>'))
      throw new Error(`the bank’s page was answered ${page.status}`);
    const { searchParams, origin } = new URL(url);
    const answer = await fetch(`${origin}/sandbox-bank/decide`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        terminal: searchParams.get('terminal'),
        ref: searchParams.get('ref'),
        amount: Number(searchParams.get('amount')),
        outcome: 'pay',
      }),
    });
    const paidAt = vnpayTime(new Date());
    const [sent] = Decided.parse(await answer.json()).sent;
    if (!sent) throw new Error('the bank sent nothing');
    const { txnId, amount, answers } = sent;
    this.books['sandbox-bank'].push({
      transactionId: txnId,
      reference: searchParams.get('ref') ?? '',
      dong: amount,
      terminal: TERMINALS.bank,
      succeeded: true,
      paidAt,
    });
    tell.say(
      `${cases[name].label}: the citizen opens the bank’s page for ${paymentId} and pays ${dong(amount)} đ;\n` +
        `the bank’s signed callback of ${txnId} is answered ${answers[0]?.status} ${answers[0]?.result}.`,
    );
    await this.#waitUntilPaid(name);
  }

  /** Every event that was due has come, to both, verified. */
  async hearEvents(): Promise<{ events: number }> {
    const { receiver } = this.#world;
    const tell = this.#tell;
    const due = Object.values(cases).reduce((sum, { expectedEvents }) => sum + expectedEvents.length, 0);
    await until(`${due} events at the agency and at the portal`, WEBHOOK_PATIENCE, () =>
      ['agency', 'portal'].every((to) => receiver.eventsTo(to).length >= due) ? true : undefined,
    );
    const { deliveries } = receiver;
    const [refused] = deliveries.filter(({ answered }) => answered === 500);
    const again = deliveries.filter(({ id, to }) => id === refused?.id && to === refused.to);
    tell.say(`${deliveries.length} deliveries came: ${due} events for each of the two, and one that was repeated.`);
    tell.say(`The first was answered 500 (${refused?.id}), and came again with the same id.`);
    tell.check(
      'a delivery that failed is repeated under the same id with the same content',
      again.length >= 2 && again.at(-1)?.answered === 204 && new Set(again.map(({ body }) => body)).size === 1,
      again.map(({ id, answered }) => ({ id, answered })),
    );
    tell.check(
      'every delivery was verified with the Standard Webhooks library',
      deliveries.every(({ verified }) => verified),
    );
    for (const to of ['agency', 'portal']) {
      const told = receiver.eventsTo(to);
      for (const name of Object.keys(cases) as CaseName[]) {
        const ofInvoice = told.filter(({ subject }) => subject === this.#idOf(name)).map(({ type }) => type);
        tell.check(
          `the ${to} heard of the ${cases[name].label}: ${cases[name].expectedEvents.map((type) => type.replace('.v1', '')).join(', ')}; each once`,
          ofInvoice.toSorted().join() === cases[name].expectedEvents.toSorted().join(),
          ofInvoice,
        );
      }
      if (told.length !== due) tell.check(`the ${to} heard nothing else`, false, told);
    }
    return { events: due };
  }

  /** The day's files of both providers: one line is missing in VNPAY's, one amount is too small in the bank's. */
  async uploadSettlementFiles(planted: { missing: CaseName; changed: CaseName; less: number }): Promise<void> {
    const tell = this.#tell;
    const missing = this.#rowOf(planted.missing);
    const changed = this.#rowOf(planted.changed);
    const files = {
      vnpay: vnpayFile(this.books.vnpay.filter((row) => row !== missing)),
      'sandbox-bank': sandboxBankFile(
        this.books['sandbox-bank'].map((row) => (row === changed ? { ...row, dong: row.dong - planted.less } : row)),
      ),
    };
    tell.say(`VNPAY’s file lacks transaction ${missing.transactionId} (${cases[planted.missing].label}).`);
    tell.say(
      `The bank’s file says ${dong(changed.dong - planted.less)} instead of ${dong(changed.dong)} for ${changed.transactionId}.`,
    );
    for (const [providerId, content] of Object.entries(files)) await this.#upload(providerId, content);
  }

  async #upload(providerId: string, content: string): Promise<void> {
    const { finance } = this.#world;
    const { statementId, uploadUrl, uploadHeaders } = await finance.call(Upload, '/v1/statements', {
      body: { providerId, businessDate: this.today, fileName: `${providerId}.csv` },
    });
    const put = await fetch(uploadUrl, { method: 'PUT', headers: uploadHeaders, body: content });
    if (!put.ok) throw new Error(`the upload was answered ${put.status}: ${await put.text()}`);
    const done = await until(`${statementId} to be reconciled`, PATIENCE, async () => {
      const statement = await finance.call(Statement, `/v1/statements/${statementId}`);
      return ['RECONCILED', 'REFUSED'].includes(statement.state) ? statement : undefined;
    });
    const { state, totals, errors } = done;
    this.#tell.say(
      `${providerId}: ${state}, ${totals?.lines} lines with ${dong(totals?.amount ?? 0)} đ: ` +
        `${totals?.matched} matched, ${totals?.exceptions} to be looked at.`,
    );
    this.#tell.check(`${providerId}: the file is read whole and reconciled`, state === 'RECONCILED', errors);
  }

  /** Exactly the planted differences, and nothing else, wait for a person. */
  async readExceptions(planted: { missing: CaseName; changed: CaseName; less: number }) {
    const tell = this.#tell;
    const { data } = await this.#world.finance.call(Exceptions, '/v1/exceptions?limit=100');
    tell.table(
      ['what', 'provider', 'transaction', 'our books', 'their file'],
      data.map((one) => [one.category, one.providerId, one.transactionId, one.ours ?? '–', one.theirs ?? '–']),
    );
    const missing = this.#rowOf(planted.missing);
    const changed = this.#rowOf(planted.changed);
    const found = data.map(({ category, transactionId, ours, theirs }) =>
      [category, transactionId, ours, theirs].join(),
    );
    const wanted = [
      ['MISSING_AT_BANK', missing.transactionId, missing.dong, null].join(),
      ['AMOUNT_UNDER', changed.transactionId, changed.dong, changed.dong - planted.less].join(),
    ];
    tell.check(
      'exactly the two planted differences are on the work list, by transaction',
      found.toSorted().join(' ') === wanted.toSorted().join(' '),
      { found, wanted },
    );
    return data.map(({ category, transactionId, ours, theirs }) => ({ category, transactionId, ours, theirs }));
  }

  report(): Promise<DailyReport> {
    return this.#world.finance.call(DailyReportSchema, `/v1/reports/daily?date=${this.today}`);
  }

  reportAsCsv(): Promise<Uint8Array> {
    return this.#world.finance.bytes(`/v1/reports/daily?date=${this.today}`, { accept: 'text/csv' });
  }

  /** The journal follows a payment within moments. */
  async waitForJournal(): Promise<void> {
    const due = Object.keys(cases).length;
    await until(`${due} payments in the journal`, PATIENCE, async () =>
      (await this.report()).totals.received.count >= due ? true : undefined,
    );
  }

  /** The day in figures, against the demo's own arithmetic. */
  checkReport(report: DailyReport, planted: { missing: CaseName; less: number }): void {
    const tell = this.#tell;
    const { rows, totals, ledger } = report;
    tell.table(
      ['agency', 'provider', 'payments', 'collected', 'surplus', 'unmatched', 'reported', 'difference', 'open'],
      [...rows.map((row) => [row.agencyCode, row.providerId, row] as const), ['all', '', totals] as const].map(
        ([agencyCode, providerId, row]) => [
          agencyCode,
          providerId,
          row.collected.count,
          row.collected.amount,
          row.surplus.amount,
          row.unmatched.amount,
          row.reported.amount,
          row.difference,
          row.openExceptions,
        ],
      ),
    );
    tell.check(
      `the ledger balances: debit ${dong(ledger.debit)} = credit ${dong(ledger.credit)} = ${dong(this.paid)} đ paid`,
      ledger.debit === this.paid && ledger.credit === this.paid,
      { ledger, paid: this.paid },
    );
    const count = Object.keys(cases).length;
    tell.check(
      `${count} payments of ${count} invoices, no surplus, nothing unmatched`,
      totals.collected.count === count && totals.surplus.count === 0 && totals.unmatched.count === 0,
      totals,
    );
    const difference = this.#rowOf(planted.missing).dong + planted.less;
    tell.check(
      `the difference to the files is what was planted: ${dong(difference)} đ`,
      totals.difference === difference && totals.openExceptions === 2,
      totals,
    );
  }

  /** Each invoice is paid, once, and what the file listed is marked so. */
  async checkInvoices(planted: { missing: CaseName }) {
    const tell = this.#tell;
    const answers = [];
    for (const [name, { label }] of Object.entries(cases) as [CaseName, Case][]) {
      const invoice = await this.#invoice(name);
      const { invoiceId, state, total, paid, surplus, payments } = invoice;
      const last = payments.at(-1);
      const payment = await this.#world.portal.call(Payment, `/v1/payments/${last?.paymentId}`);
      const once =
        state === 'paid' &&
        paid.amount === total.amount &&
        surplus.amount === 0 &&
        payments.filter((one) => one.state.startsWith('succeeded')).length === 1;
      const reported = payment.reportedAt !== undefined;
      tell.check(`${label}: ${invoiceId} is paid exactly once`, once, invoice);
      if (reported === (name === planted.missing))
        tell.check(`${label}: seen in the provider’s file if and only if it stood there`, false, payment);
      answers.push({ invoiceId, procedureCode: cases[name].procedureCode, amount: total.amount, state, reported });
    }
    return answers;
  }

  #idOf(name: CaseName): string {
    const invoice = this.invoices.get(name);
    if (!invoice) throw new Error(`no invoice of ${name} yet`);
    return invoice.invoiceId;
  }

  #invoice(name: CaseName): Promise<Invoice> {
    return this.#world.portal.call(Invoice, `/v1/invoices/${this.#idOf(name)}`);
  }

  async #waitUntilPaid(name: CaseName): Promise<Invoice> {
    const invoice = await until(`${this.#idOf(name)} to be paid`, PATIENCE, async () => {
      const now = await this.#invoice(name);
      return now.state === 'paid' ? now : undefined;
    });
    this.#tell.say(`Invoice ${invoice.printedNumber} is paid: ${dong(invoice.paid.amount)} đ.`);
    return invoice;
  }

  /** The successful transaction of a case, in the providers' books: the reference begins with the invoice's number. */
  #rowOf(name: CaseName): SettlementRow {
    const number = this.#idOf(name).slice('inv_'.length);
    const row = this.books[cases[name].provider].find((one) => one.succeeded && one.reference.startsWith(number));
    if (!row) throw new Error(`the provider knows nothing of ${name}`);
    return row;
  }
}
