import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalStack } from '../../infra/local/stack.ts';
import { listExceptions, readDailyReport, readStatement, requestStatementUpload } from '../../shared/api/finance.ts';
import { createInvoice, createQuote, getPayment, startPayment } from '../../shared/api/portal.ts';
import {
  getAgency,
  getClient,
  getMerchantAccount,
  putAgency,
  putAgencyWebhook,
  putClient,
  putClientWebhook,
  putMerchantAccount,
  rotateAgencyWebhook,
} from '../../shared/api/registry.ts';
import { Receiver } from '../demo/receiver.ts';
import { type SettlementRow, sandboxBankFile, vnpayFile } from '../demo/settlement.ts';
import { PlayedVnpay, vnpayTime } from '../demo/vnpay.ts';
import { eventually, removeTemporaryFolders, startTestStack } from '../stack.ts';
import { Caller, expectGateway } from './caller.ts';
import { AGENCY, LICENCE, newDossier, PAYER, RETURN_URL, vietnamDay, World } from './world.ts';

/** Operators, agencies that register webhooks, and finance staff. */

let stack: LocalStack;
let world: World;

beforeAll(async () => {
  stack = await startTestStack();
  world = await World.enter(stack);
});
afterAll(async () => {
  await world?.leave();
  await stack?.stop();
  removeTemporaryFolders();
});

const names = { vi: 'Cơ quan thử', en: 'Test agency' };
const account = {
  providerId: 'vnpay',
  agencyCode: AGENCY,
  beneficiary: 'main',
  terminal: 'ANOTHER1',
  accountNumber: '120010000009',
  bankBin: '970436',
  active: true,
  secret: 'a-secret-of-a-test',
};

describe('a key that is replaced', () => {
  const agencyCode = 'H29.13';
  const terminal = 'ROTATED1';
  const key = () => randomBytes(16).toString('hex').toUpperCase();
  const [older, newer, newest] = [key(), key(), key()];
  const vnpayWith = (secret: string) =>
    new PlayedVnpay({ terminal, secret, noticeAddress: `${stack.url}/callbacks/vnpay` });
  /** An invoice whose payment was begun while `present` was the newest key, and what VNPAY with this key tells of it. */
  const told = async (secret: string, present: string) => {
    const { invoiceId } = await world.invoice(newDossier(), agencyCode);
    const { url } = await world.start(invoiceId, 'vnpay');
    // The order is signed with the newest key; whoever still has the older one tells of it with that.
    const vnpay = vnpayWith(secret);
    const { query } = vnpay.settle(vnpayWith(present).open(url), { succeeds: true });
    return { invoiceId, answer: await vnpay.notify(query) };
  };
  const inSeconds = (seconds: number) =>
    new Date(Date.now() + seconds * 1_000 + 7 * 3_600_000).toISOString().replace('Z', '+07:00');

  it('is good beside the new one until its instant, and then the new one alone', async () => {
    const params = { id: `vnpay-${agencyCode.toLowerCase().replace('.', '-')}` };
    const replace = (secret: string, previousSecretUntil?: string) => {
      const body = { ...account, agencyCode, terminal, secret, ...(previousSecretUntil && { previousSecretUntil }) };
      return world.operator.done(putMerchantAccount, { params, body });
    };
    await replace(older);
    await replace(newer, inSeconds(3_600));
    for (const secret of [older, newer]) {
      const { invoiceId, answer } = await told(secret, newer);
      expect(answer.RspCode).toBe('00');
      await world.untilState(invoiceId, 'paid');
    }
    const forged = await told(key(), newer);
    expect(forged.answer.RspCode).toBe('97');
    const { version } = await world.read(forged.invoiceId);

    // An instant that is near, for a key that nobody uses before it: no machine is too slow for what comes before it.
    const until = inSeconds(20);
    await replace(newest, until);
    // A process remembers the keys that it has used for some minutes.
    for (const name of ['portal-api', 'provider-callback']) stack.killFunction(name);
    await eventually('the key before has ended', () => Date.now() > Date.parse(until));
    const late = await told(newer, newest);
    expect(late.answer.RspCode).toBe('97');
    expect((await world.read(late.invoiceId)).state).toBe('open');
    expect((await world.read(forged.invoiceId)).version).toBe(version);
    const { invoiceId, answer } = await told(newest, newest);
    expect(answer.RspCode).toBe('00');
    await world.untilState(invoiceId, 'paid');
  });
});

describe('the register', () => {
  it('keeps an agency, and changes it once for a key', async () => {
    const params = { code: 'H99.01' };
    const key = randomUUID();
    const body = { name: names, active: true };
    const put = await world.operator.call(putAgency, { params, body, key });
    const again = await world.operator.call(putAgency, { params, body, key });
    expect([put.status, again.status, again.headers.get('idempotent-replayed')]).toEqual([200, 200, 'true']);
    expect(await world.operator.done(getAgency, { params })).toEqual({ code: 'H99.01', ...body });
    await world.operator.refused(
      putAgency,
      { params, body: { ...body, active: false }, key },
      'idempotency_key_reused',
    );
    await world.operator.refused(getAgency, { params: { code: 'H99.02' } }, 'not_found');
  });

  it('lets nobody in but operators', async () => {
    for (const caller of [world.portal, world.agency, world.finance]) {
      expectGateway(await caller.call(getClient, { params: { id: 'local-portal' } }), 403);
      const body = { ...account, active: false };
      expectGateway(await caller.call(putMerchantAccount, { params: { id: 'vnpay-h29-12' }, body }), 403);
    }
  });

  it('gives a client no agency that does not exist', async () => {
    const body = { kind: 'portal', name: names, agencies: ['H99.77'], returnHosts: [], active: true };
    await world.operator.refused(putClient, { params: { id: 'some-portal' }, body }, 'unknown_agency');
  });

  it('sends money of one provider, agency and beneficiary to one account only', async () => {
    const params = { id: 'second-account' };
    await world.operator.refused(putMerchantAccount, { params, body: account }, 'account_taken');
    await world.operator.refused(
      putMerchantAccount,
      { params, body: { ...account, providerId: 'nobody' } },
      'unknown_provider',
    );
    await world.operator.refused(
      putMerchantAccount,
      { params, body: { ...account, agencyCode: 'H99.77' } },
      'unknown_agency',
    );
    const { secret: _, ...without } = { ...account, beneficiary: 'other' };
    await world.operator.refused(putMerchantAccount, { params, body: without }, 'secret_missing');
    await world.operator.refused(getMerchantAccount, { params }, 'not_found');
  });

  it('never shows a secret again', async () => {
    const params = { id: 'third-account' };
    const body = { ...account, beneficiary: 'third', secret: 'never-to-be-seen-again' };
    world.confide(body.secret);
    const put = await world.operator.call(putMerchantAccount, { params, body });
    const get = await world.operator.call(getMerchantAccount, { params });
    for (const { status, text } of [put, get]) expect([status, text.includes('secret')]).toEqual([200, false]);
  });

  it('stops payments into an account that is switched off', async () => {
    const { secret: _, ...sandbox } = {
      ...account,
      providerId: 'sandbox-bank',
      agencyCode: 'H29.13',
      terminal: 'SANDBOX1',
    };
    const params = { id: 'sandbox-bank-h29-13' };
    await world.operator.done(putMerchantAccount, { params, body: { ...sandbox, active: false } });
    const dossierCode = newDossier();
    const price = {
      procedureCode: LICENCE.procedureCode,
      agencyCode: 'H29.13',
      channel: 'online',
      submittedAt: new Date().toISOString(),
    };
    const { quote } = await world.portal.done(createQuote, { body: price });
    const body = { quote, agencyCode: 'H29.13', dossierCode, payer: PAYER };
    const { invoiceId } = await world.portal.done(createInvoice, { body });
    const start = { params: { invoiceId }, body: { providerId: 'sandbox-bank', returnUrl: RETURN_URL } };
    await world.portal.refused(startPayment, start, 'provider_unavailable');
  });
});

describe('a webhook', () => {
  const params = { code: AGENCY };

  it.each([
    'https://10.0.0.1/hook',
    'https://192.168.1.1/hook',
    'https://172.16.0.1/hook',
    'https://169.254.169.254/latest/meta-data/',
    'http://169.254.169.254/latest/meta-data/',
    'https://100.64.0.1/hook',
    'https://0.0.0.0/hook',
    'https://[fd00::1]/hook',
    'https://[fe80::1]/hook',
    'https://[::ffff:10.0.0.1]/hook',
    'https://[64:ff9b::a00:1]/hook',
    'https://2130706433/hook',
    'https://0177.0.0.1/hook',
    'https://0x7f.1/hook',
    'https://127.1/hook',
    'https://10.0.0.1./hook',
    'https://user:pass@agency.example/hook',
    'https://agency.example/hook#x',
    'https://agency.local/hook',
    'https://intranet/hook',
    'https://metadata.google.internal/',
    'http://93.184.216.34/hook',
    'https://no-such-host.invalid/hook',
  ])('is not sent to %s', async (url) => {
    const problem = await world.agency.refused(putAgencyWebhook, { params, body: { url } }, 'webhook_address_refused');
    expect(problem.errors?.[0]?.pointer).toBe('/body/url');
  });

  it.each(['javascript:alert(1)', 'file:///etc/passwd', 'https://a b/', '//agency.example', ''])(
    'has no address like %j',
    async (url) => {
      await world.agency.refused(putAgencyWebhook, { params, body: { url } }, 'malformed_request');
    },
  );

  it('is registered for nobody else', async () => {
    const body = { url: world.receiver.addressOf('agency') };
    await world.agency.refused(putAgencyWebhook, { params: { code: 'H29.13' }, body }, 'not_found');
    await world.portal.refused(putAgencyWebhook, { params, body }, 'not_found');
    await world.otherPortal.refused(putClientWebhook, { params: { id: 'local-portal' }, body }, 'not_found');
  });

  it('shows its secret once; a changed address keeps it', async () => {
    const portal = { id: 'local-portal' };
    const receiver = new Receiver({ failFirst: false });
    await receiver.start();
    try {
      const body = { url: receiver.addressOf('portal') };
      const key = randomUUID();
      const first = await world.portal.call(putClientWebhook, { params: portal, body, key });
      const { secret = '' } = JSON.parse(first.text) as { secret?: string };
      expect(secret).toMatch(/^whsec_/);
      receiver.trust('portal', secret);
      world.confide(secret);
      for (const again of [
        await world.portal.call(putClientWebhook, { params: portal, body, key }),
        await world.portal.call(putClientWebhook, { params: portal, body: { url: receiver.addressOf('portal') } }),
      ])
        expect([again.status, again.text.includes('whsec_')]).toEqual([200, false]);

      const { invoiceId } = await world.invoice();
      await world.decide((await world.start(invoiceId, 'sandbox-bank')).url, 'pay');
      await eventually('the portal is told, verifiably', () =>
        receiver.eventsTo('portal').some(({ subject, type }) => subject === invoiceId && type === 'invoice.paid.v1'),
      );
      expect(receiver.deliveries.every(({ verified }) => verified)).toBe(true);
    } finally {
      await receiver.stop();
    }
  });

  it('after its secret was changed signs with both: a receiver that knows either verifies', async () => {
    const key = randomUUID();
    const { secret = '' } = await world.agency.done(rotateAgencyWebhook, { params, key });
    expect(secret).toMatch(/^whsec_/);
    world.confide(secret);
    const repeated = await world.agency.call(rotateAgencyWebhook, { params, key });
    expect([repeated.status, repeated.text.includes('whsec_')]).toEqual([200, false]);
    // The secrets are remembered for some minutes by a process that has used them; a new one reads the new ones.
    stack.killFunction('notify-agency');

    const pay = async () => {
      const { invoiceId } = await world.invoice();
      await world.decide((await world.start(invoiceId, 'sandbox-bank')).url, 'pay');
      return invoiceId;
    };
    const withOld = await pay();
    await world.untilHeard(withOld, 'payment.succeeded.v1', 'invoice.paid.v1');
    world.receiver.trust('agency', secret);
    const withNew = await pay();
    await world.untilHeard(withNew, 'payment.succeeded.v1', 'invoice.paid.v1');
    expect(world.receiver.deliveries.every(({ verified }) => verified)).toBe(true);
  });
});

describe('a settlement file', () => {
  const date = vietnamDay(new Date());
  const rows: Record<'vnpay' | 'sandbox-bank', SettlementRow[]> = { vnpay: [], 'sandbox-bank': [] };
  const { amount: dong } = LICENCE;

  const upload = (providerId: string, content: string | Uint8Array<ArrayBuffer>, more: object = {}) =>
    world.upload({ providerId, businessDate: date, ...more }, content);
  /** The file with one byte that no UTF-8 text has. */
  function spoiltAt(file: string, place: string): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(Buffer.from(file));
    bytes[Buffer.from(file).indexOf(place)] = 0xff;
    return bytes;
  }
  const codesOf = ({ errors }: Awaited<ReturnType<typeof upload>>) => errors.map(({ code }) => code);

  beforeAll(async () => {
    const vnpay = await world.invoice();
    const transaction = world.transact(await world.order(vnpay.invoiceId));
    expect((await world.vnpay.notify(transaction.query)).RspCode).toBe('00');
    rows.vnpay.push({
      transactionId: transaction.transactionNo,
      reference: transaction.reference,
      dong,
      terminal: world.vnpay.terminal,
      succeeded: true,
      paidAt: transaction.paidAt,
    });
    const bank = await world.invoice();
    const { url } = await world.start(bank.invoiceId, 'sandbox-bank');
    const [sent] = await world.decide(url, 'pay');
    rows['sandbox-bank'].push({
      transactionId: sent?.txnId ?? '',
      reference: new URL(url).searchParams.get('ref') ?? '',
      dong,
      terminal: 'SANDBOX1',
      succeeded: true,
      paidAt: vnpayTime(new Date()),
    });
    // What was told stands in the journal already.
    for (const { invoiceId } of [vnpay, bank])
      await world.untilHeard(invoiceId, 'payment.succeeded.v1', 'invoice.paid.v1');
  });

  it.each<[string, (file: string) => string | Uint8Array<ArrayBuffer>, string]>([
    ['the sum is another', (file) => file.replace(/TOTAL,1,135000/, 'TOTAL,1,135001'), 'trailer_sum'],
    ['the count is another', (file) => file.replace('TOTAL,1,', 'TOTAL,2,'), 'trailer_count'],
    ['the trailer is missing', (file) => file.replace(/TOTAL.*\r\n/, ''), 'trailer_missing'],
    ['a line follows the trailer', (file) => `${file}1,2,3\r\n`, 'line_after_trailer'],
    ['an amount is no whole number', (file) => file.replace(',135000,VND', ',135000.5,VND'), 'amount_malformed'],
    ['an amount is a formula', (file) => file.replace(',135000,VND', ',=1+1,VND'), 'amount_malformed'],
    ['the terminal is nobody’s', (file) => file.replace('E2ETERM1', 'NOBODY00'), 'terminal_foreign'],
    ['a column is unknown', (file) => file.replace('STT', 'Họ tên'), 'column_unknown'],
    ['the currency is another', (file) => file.replace(',VND,', ',USD,'), 'currency_other'],
    ['it is empty', () => '', 'file_empty'],
    ['it is no UTF-8', (file) => spoiltAt(file, 'TOTAL'), 'not_utf8'],
  ])('is refused whole when %s, and books nothing: it is one difference', async (_, spoil, code) => {
    const statement = await upload('vnpay', spoil(vnpayFile(rows.vnpay)));
    expect([statement.state, codesOf(statement)]).toEqual(['REFUSED', [code]]);
    expect(statement.errors[0]?.message.vi).not.toBe('');
    const { totals } = await world.finance.done(readDailyReport, { query: { date } });
    expect(totals.reported.count).toBe(0);
    const { data } = await world.finance.done(listExceptions, { query: { provider: 'vnpay', limit: '100' } });
    expect(new Set(data.map(({ category }) => category))).toEqual(new Set(['FILE_INVALID']));
    expect(data.filter(({ statementId }) => statementId === statement.statementId)).toHaveLength(1);
  });

  it('is refused when its content is not the announced one', async () => {
    const statement = await upload('vnpay', vnpayFile(rows.vnpay), { sha256: '0'.repeat(64) });
    expect([statement.state, codesOf(statement)]).toEqual(['REFUSED', ['hash_other']]);
  });

  it('is announced for no day to come, no unknown provider, and by nobody without the scope', async () => {
    const tomorrow = vietnamDay(new Date(Date.now() + 24 * 60 * 60_000));
    const announce = (body: object) => ({ body: { providerId: 'vnpay', businessDate: date, ...body } });
    await world.finance.refused(requestStatementUpload, announce({ businessDate: tomorrow }), 'unprocessable');
    await world.finance.refused(requestStatementUpload, announce({ providerId: 'nobody' }), 'unknown_provider');
    await world.finance.refused(
      requestStatementUpload,
      announce({ columnMap: 'vnpay.settlement.v9' }),
      'unprocessable',
    );
    await world.finance.refused(requestStatementUpload, announce({ fileName: 'a\nb' }), 'malformed_request');
    await world.finance.refused(readStatement, { params: { statementId: `stm_${'0'.repeat(24)}` } }, 'not_found');
    expectGateway(await world.portal.call(requestStatementUpload, announce({})), 403);
  });

  it('that is right is reconciled; uploaded again, or another for the same day, is refused', async () => {
    const file = vnpayFile(rows.vnpay);
    const first = await upload('vnpay', file);
    expect([first.state, first.totals]).toMatchObject(['RECONCILED', { lines: 1, matched: 1, amount: dong }]);
    await eventually('what the refused files left has cleared', async () => {
      const { data } = await world.finance.done(listExceptions, { query: { provider: 'vnpay', limit: '100' } });
      return data.every(({ state, category }) => state !== 'OPEN' || category !== 'FILE_INVALID');
    });
    const again = await upload('vnpay', file, { fileName: 'renamed.csv' });
    expect([again.state, codesOf(again)[0]]).toEqual(['REFUSED', 'content_reconciled']);
    const other = await upload(
      'vnpay',
      vnpayFile([...rows.vnpay, { ...(rows.vnpay[0] as SettlementRow), transactionId: '1' }]),
    );
    expect([other.state, codesOf(other)[0]]).toEqual(['REFUSED', 'day_reconciled']);
  });

  it('with a line too many and one too few leaves exactly those for a person', async () => {
    const [row] = rows['sandbox-bank'] as [SettlementRow];
    const before = await world.finance.done(readDailyReport, { query: { date, provider: 'sandbox-bank' } });
    const statement = await upload(
      'sandbox-bank',
      sandboxBankFile([row, { ...row, transactionId: 'SBNOTOURS', dong: 5_000 }]),
    );
    // The payments of the tests before this one stand in no file.
    const unlisted = before.totals.received.count - 1;
    expect([statement.state, statement.totals]).toMatchObject([
      'RECONCILED',
      { lines: 2, matched: 1, exceptions: unlisted + 1 },
    ]);
    const { data } = await world.finance.done(listExceptions, { query: { provider: 'sandbox-bank', limit: '100' } });
    const ofStatement = data.filter(({ statementId }) => statementId === statement.statementId);
    expect(ofStatement.filter(({ category }) => category === 'MISSING_AT_BANK')).toHaveLength(unlisted);
    expect(ofStatement.filter(({ category }) => category === 'MISSING_AT_US')).toMatchObject([
      { transactionId: 'SBNOTOURS', ours: null, theirs: 5_000 },
    ]);
  });

  it('makes the payment say since when it is reported', async () => {
    const paymentId = `pay_${rows.vnpay[0]?.reference}`;
    expect((await world.portal.done(getPayment, { params: { paymentId } })).reportedAt).toMatch(/\+07:00$/);
  });

  it('shows in a daily report that foots, row by row', async () => {
    const { rows: lines, totals, ledger } = await world.finance.done(readDailyReport, { query: { date } });
    for (const column of ['collected', 'surplus', 'unmatched', 'received', 'reported'] as const)
      expect(lines.reduce((sum, line) => sum + line[column].amount, 0)).toBe(totals[column].amount);
    for (const { collected, surplus, unmatched, received, reported, difference } of [...lines, totals]) {
      expect(collected.amount + surplus.amount + unmatched.amount).toBe(received.amount);
      expect(difference).toBe(received.amount - reported.amount);
    }
    expect(ledger).toEqual({ debit: totals.received.amount, credit: totals.received.amount });
    expect(
      (await world.agency.done(readDailyReport, { query: { date } })).rows.every(
        ({ agencyCode }) => agencyCode === AGENCY,
      ),
    ).toBe(true);
    await world.agency.refused(readDailyReport, { query: { date, agencyCode: 'H29.13' } }, 'not_found');
    await world.finance.refused(readDailyReport, { query: {} }, 'malformed_request');
  });

  it('shows in a CSV report that a spreadsheet opens as meant', async () => {
    const json = await world.finance.done(readDailyReport, { query: { date } });
    const { text, headers, status } = await world.finance.call(readDailyReport, { query: { date, format: 'csv' } });
    expect([status, headers.get('content-type')]).toEqual([200, 'text/csv; charset=utf-8']);
    const bytes = await fetch(`${stack.url}/v1/reports/daily?date=${date}`, {
      headers: { authorization: `Bearer ${world.finance.token}`, accept: 'text/csv' },
    }).then((answer) => answer.arrayBuffer());
    expect([...new Uint8Array(bytes).subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
    const lines = text.replace('\uFEFF', '').trimEnd().split('\r\n');
    expect(lines).toHaveLength(json.rows.length + 2);
    for (const cell of lines.flatMap((line) => line.split(',')))
      expect(cell).not.toMatch(/^(?:[=+@\t\r]|-(?![0-9]+$))/);
    expect(lines.at(-1)).toContain(String(json.totals.received.amount));
  });
});

describe('in the end', () => {
  it('no log holds anybody’s name or number, nor a token, a secret or a signature', () => {
    world.confide(account.secret);
    world.expectSilentLogs(stack);
  });

  it('the public may see none of it', async () => {
    const nobody = new Caller(stack.url, undefined);
    for (const endpoint of [readDailyReport, listExceptions]) expectGateway(await nobody.call(endpoint), 401);
  });
});
