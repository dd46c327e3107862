import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { dong } from '../../shared/domain/money/dong.ts';
import { movementIdOf } from '../../shared/domain/payment/movement.ts';
import { InvalidCallback, type RawCallback } from '../../shared/domain/payment/provider.ts';
import { bankDirect } from '../../shared/providers/bank-direct/adapter.ts';
import { verifies } from '../../shared/providers/bank-direct/signature.ts';
import { sepay } from '../../shared/providers/sepay/adapter.ts';
import { NOW } from '../dsl/world.ts';
import { AMOUNT, callbackWorld } from './callback-world.ts';
import { ORDER, saidBy } from './contract-order.ts';
import { bankDirectParty, exampleKey, KEY_ID, rsaKey, SECRET, signed, spki, write } from './parties/bank-direct.ts';
import { ACCOUNT, SEPAY_SECRET, sepayParty, VIETQR_SECRET, writeSepay } from './parties/bank-transfer.ts';
import { post } from './parties/party.ts';

const source = bankDirect();
const readAll = (raw: RawCallback, secret = SECRET, now = NOW) => source.readAll?.(raw, [secret], now) ?? [];
const reasonOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof InvalidCallback) return error.reason;
    throw error;
  }
  return 'read';
};

const said = saidBy(bankDirectParty, { transactionId: 'FT26324000001' });
const CODE = `TP${ORDER.reference}`;

const detail = (amount: string, reference: string, text: string) =>
  `<TxDtls><Refs><AcctSvcrRef>${reference}</AcctSvcrRef></Refs>${amount && `<Amt Ccy="VND">${amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>`}<RmtInf><Ustrd>${text}</Ustrd></RmtInf></TxDtls>`;
const entry = (
  amount: string,
  reference: string,
  more = '',
  { sign = 'CRDT', status = 'BOOK', currency = 'VND' } = {},
) =>
  `<Ntry><Amt Ccy="${currency}">${amount}</Amt><CdtDbtInd>${sign}</CdtDbtInd>${more.startsWith('<RvslInd') ? more : ''}<Sts><Cd>${status}</Cd></Sts><BookgDt><Dt>2026-11-20</Dt></BookgDt><AcctSvcrRef>${reference}</AcctSvcrRef>${more.startsWith('<RvslInd') ? '' : more}</Ntry>`;
const details = (...inside: string[]) => `<NtryDtls>${inside.join('')}</NtryDtls>`;
const ofAccount = (account: string, inside: string) =>
  `<Ntfctn><Id>1</Id><Acct><Id><Othr><Id>${account}</Id></Othr></Id><Ccy>VND</Ccy></Acct>${inside}</Ntfctn>`;
const camt = (...notices: string[]) =>
  `<Document><BkToCstmrDbtCdtNtfctn><GrpHdr><MsgId>M</MsgId></GrpHdr>${notices.join('')}</BkToCstmrDbtCdtNtfctn></Document>`;
const told = (...entries: string[]) => readAll(signed(camt(ofAccount(ACCOUNT, entries.join('')))));

describe('the keys of a bank', () => {
  const two = JSON.stringify({ [KEY_ID]: spki(exampleKey), 'bank-2026-2': spki(rsaKey) });

  it('are chosen by their id, Ed25519 and RSA beside each other (scenario 68)', () => {
    expect(source.acceptsSecret(two)).toBe(true);
    expect(readAll(write(said), two)).toMatchObject([{ outcome: 'paid' }]);
    const byRsa = { key: rsaKey, keyId: 'bank-2026-2' };
    expect(readAll(write(said, {}, {}, byRsa), two)).toMatchObject([{ outcome: 'paid' }]);
    // A good key under the other one's id is no signature: the id is signed and decides.
    expect(reasonOf(() => readAll(write(said, {}, {}, { ...byRsa, keyId: KEY_ID }), two))).toBe('signature');
    expect(reasonOf(() => readAll(write(said, {}, {}, { keyId: 'bank-2026-2' }), two))).toBe('signature');
  });

  it('are refused once they are taken away', () => {
    const left = JSON.stringify({ 'bank-2026-2': spki(rsaKey) });
    expect(reasonOf(() => readAll(write(said), left))).toBe('signature');
  });

  it('verify what RFC 7515 signs, appendix A.2', () => {
    const jwk: JsonWebKey = {
      kty: 'RSA',
      n: 'ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ',
      e: 'AQAB',
    };
    const text =
      'eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ';
    const signature =
      'cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw';
    const base64 = Buffer.from(signature, 'base64url').toString('base64');
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    expect(verifies(key, Buffer.from(text), base64)).toBe(true);
    expect(verifies(key, Buffer.from(`${text}x`), base64)).toBe(false);
    expect(verifies(key, Buffer.from(text), signature)).toBe(false);
  });

  it.each(['x-timestamp', 'x-key-id', 'x-signature'])('sign nothing where %s is missing or stands twice', (name) => {
    const raw = write(said);
    const without = { ...raw, headers: { ...raw.headers, [name]: undefined } };
    const twice = { ...raw, headers: { ...raw.headers, [name]: `${raw.headers[name]}, ${raw.headers[name]}` } };
    for (const bent of [without, twice]) expect(reasonOf(() => readAll(bent))).toBe('signature');
  });

  it('sign the time and the id with the body (scenario 11)', () => {
    const raw = write(said);
    const later = { ...raw, headers: { ...raw.headers, 'x-timestamp': String(Math.floor(NOW / 1000) + 1) } };
    expect(reasonOf(() => readAll(later))).toBe('signature');
  });

  it.each([-300_001, 300_001])('sign for five minutes: %d ms from now is stale (scenario 11)', (by) => {
    const at = Math.floor(NOW / 1000) * 1000;
    expect(reasonOf(() => readAll(write(said, {}, {}, { at }), SECRET, at - by))).toBe('stale');
    expect(reasonOf(() => readAll(write(said, {}, {}, { at }), SECRET, at - Math.sign(by) * 300_000))).toBe('read');
  });
});

describe('a camt.054 message', () => {
  it('is a notice for each booked credit, and its debits are nobody’s', () => {
    const notices = told(
      entry('500000', 'FT1', details(detail('', '', `Nop phi ${CODE}`))),
      entry('120000', 'FT2', details(detail('', '', 'khong co ma'))),
      entry('11000', 'FT3', '', { sign: 'DBIT' }),
      entry('77000', 'FT4', '', { status: 'PDNG' }),
    );
    expect(notices).toMatchObject([
      {
        outcome: 'paid',
        amount: 500_000,
        reference: ORDER.reference,
        bankCredit: { account: ACCOUNT, reference: 'FT1' },
      },
      { outcome: 'paid', amount: 120_000, reference: '', bankCredit: { account: ACCOUNT, reference: 'FT2' } },
      { outcome: 'ignored' },
    ]);
    expect(notices[0]?.paidAt).toBe(Date.parse('2026-11-20T00:00:00+07:00'));
    expect(notices.map(movementIdOf).slice(0, 2)).toEqual([`mov_bank_${ACCOUNT}_FT1`, `mov_bank_${ACCOUNT}_FT2`]);
  });

  it('is a notice for each payment inside an entry, if they come to it', () => {
    const inside = details(detail('300000', 'FT1-1', CODE), detail('200000', 'FT1-2', 'x'));
    expect(told(entry('500000', 'FT1', inside))).toMatchObject([
      { outcome: 'paid', amount: 300_000, reference: ORDER.reference, transactionId: 'FT1-1' },
      { outcome: 'paid', amount: 200_000, reference: '', transactionId: 'FT1-2' },
    ]);
  });

  it('is one for the entry where they do not come to it, or one names no amount', () => {
    for (const inside of [
      details(detail('300000', 'FT1-1', CODE), detail('1', 'FT1-2', 'x')),
      details(detail('', 'FT1-1', CODE), detail('200000', 'FT1-2', 'x')),
    ])
      expect(told(entry('500000', 'FT1', inside))).toMatchObject([{ amount: 500_000, transactionId: 'FT1' }]);
  });

  it('leaves to a person what has no reference of its own, is taken back, or is no dong', () => {
    const same = details(detail('300000', 'FT1', CODE), detail('200000', '', 'x'));
    const notices = told(
      entry('500000', 'FT1', same),
      entry('500000', 'FT5', '<RvslInd>true</RvslInd>', { sign: 'DBIT' }),
      entry('5.00', 'FT6', '', { currency: 'USD' }),
    );
    expect(notices.map(({ outcome }) => outcome)).toEqual(['review', 'review', 'review', 'review']);
  });

  it.each([
    ['of two accounts', camt(ofAccount(ACCOUNT, entry('1', 'A')), ofAccount('999', entry('1', 'B')))],
    ['of none', camt(ofAccount('', entry('1', 'A')))],
    [
      'that is a statement',
      camt(ofAccount(ACCOUNT, entry('1', 'A')))
        .replaceAll('BkToCstmrDbtCdtNtfctn', 'BkToCstmrStmt')
        .replaceAll('Ntfctn', 'Stmt'),
    ],
    ['that ends early', camt(ofAccount(ACCOUNT, entry('1', 'A'))).slice(0, -9)],
    ['with a document type', `<!DOCTYPE x [<!ENTITY a "b">]>${camt(ofAccount(ACCOUNT, entry('1', 'A')))}`],
    ['that is too long', camt(ofAccount(ACCOUNT, entry('1', 'A', details(detail('', '', 'x'.repeat(8_192))))))],
  ])('%s is none (scenarios 10, 53)', (_, body) => {
    expect(reasonOf(() => source.terminalOf(signed(body)))).not.toBe('read');
    expect(reasonOf(() => readAll(signed(body)))).not.toBe('read');
  });

  it('breaks with any byte', () => {
    const raw = signed(camt(ofAccount(ACCOUNT, entry('500000', 'FT1', details(detail('', '', CODE))))));
    for (let at = 0; at < raw.body.length; at += 1) {
      const body = Buffer.from(raw.body);
      body[at] = (body[at] ?? 0) ^ 1;
      expect(reasonOf(() => readAll({ ...raw, body }))).not.toBe('read');
    }
  });
});

const vietqr = { providerId: 'vietqr', merchantAccountId: 'land-here', terminal: ACCOUNT, secret: VIETQR_SECRET };
const direct = { ...bankDirectParty.account, providerId: 'bank-direct' };
const world = () =>
  callbackWorld(
    [source, sepay()],
    [vietqr, direct, { ...sepayParty.account, providerId: 'sepay', secret: SEPAY_SECRET }],
  );

describe('over HTTP', () => {
  const message = (...entries: string[]) => signed(camt(ofAccount(ACCOUNT, entries.join(''))));
  const paying = (reference = 'FT26324000001') => entry(String(AMOUNT), reference, details(detail('', '', CODE)));
  const result = async (answer: Promise<{ statusCode?: number | undefined; body?: string | undefined }>) => {
    const { statusCode, body = '' } = await answer;
    return [statusCode, (JSON.parse(body) as { result: string }).result];
  };

  it('one message of several credits enters each, and again adds nothing (scenarios 1, 2, 13)', async () => {
    const here = world();
    here.place();
    const raw = message(paying(), entry('120000', 'FT26324000002'), entry('5', 'FT26324000003', '', { sign: 'DBIT' }));
    expect(await result(here.call('bank-direct', raw))).toEqual([200, 'UNKNOWN_ORDER']);
    expect((await here.post()).sort()).toEqual(['posted', 'receiptKept']);
    expect(here.invoice()).toMatchObject({ state: 'paid' });
    await here.call('bank-direct', raw);
    await here.post();
    expect(Object.keys(here.invoice()?.movements ?? {})).toEqual([`mov_bank_${ACCOUNT}_FT26324000001`]);
    expect(await result(here.call('bank-direct', message(paying())))).toEqual([200, 'DUPLICATE']);
  });

  it('one that breaks off in the middle is told again, and enters each once (scenarios 16, 50)', async () => {
    const here = world();
    here.place();
    const raw = message(paying(), entry('120000', 'FT26324000002'));
    const { send } = here.inbox;
    let sent = 0;
    here.inbox.send = async (one) => {
      sent += 1;
      if (sent === 2) throw new Error('the queue is away');
      return send.call(here.inbox, one);
    };
    expect(await result(here.call('bank-direct', raw))).toEqual([503, 'TRY_AGAIN']);
    expect(await result(here.call('bank-direct', raw))).toEqual([200, 'UNKNOWN_ORDER']);
    await here.post();
    expect(Object.keys(here.invoice()?.movements ?? {})).toHaveLength(1);
  });

  it('one credit told as JSON, as camt.054 and by SePay is entered once (scenario 3)', async () => {
    const here = world();
    here.place();
    const own = { ...said, text: '' };
    for (const [id, raw] of [
      ['bank-direct', write(own)],
      ['bank-direct', message(paying())],
      ['sepay', writeSepay({ ...saidBy(sepayParty), transactionId: 'ft26324000001' })],
    ] as const)
      expect((await here.call(id, raw)).statusCode).toBe(200);
    await here.post();
    expect(here.invoice()).toMatchObject({ state: 'paid', due: dong(0) });
    expect(Object.keys(here.invoice()?.movements ?? {})).toHaveLength(1);
  });

  it('credits that only a person can judge are each kept, also two that are alike in all (scenario 14)', async () => {
    const here = world();
    here.place();
    const alike = details(detail('250000', '', 'x'), detail('250000', '', 'x'));
    const raw = message(entry('500000', 'FT1', alike));
    expect((await here.call('bank-direct', raw)).statusCode).toBe(200);
    await here.post();
    const kept = () => here.invoices.changes.filter(({ after }) => after.kind === 'review');
    expect(kept()).toHaveLength(2);
    expect((await here.call('bank-direct', raw)).statusCode).toBe(200);
    await here.post();
    expect(kept()).toHaveLength(2);
  });

  it('an empty message is acknowledged, and a forged one changes nothing (scenario 9)', async () => {
    const here = world();
    here.place();
    expect(await result(here.call('bank-direct', message()))).toEqual([200, 'ACCEPTED']);
    const forged = signed(camt(ofAccount(ACCOUNT, paying())), { key: rsaKey });
    expect(await result(here.call('bank-direct', forged))).toEqual([401, 'REFUSED']);
    const foreign = signed(camt(ofAccount('999999999', paying())));
    expect(await result(here.call('bank-direct', foreign))).toEqual([401, 'REFUSED']);
    expect([here.inbox.sent, here.invoices.changes]).toEqual([0, []]);
  });
});

describe('the guide for banks', () => {
  const guide = readFileSync(path.resolve(import.meta.dirname, '../../docs/guides/bank.md'), 'utf8');
  const block = (name: string): string => {
    const found = new RegExp(`^\`\`\`\\w+ ${name}\\n([\\s\\S]*?)\\n\`\`\`$`, 'm').exec(guide)?.[1];
    if (found === undefined) throw new Error(`the guide has no block ${name}`);
    return found;
  };
  const AT = Date.parse('2026-11-20T12:00:00+07:00');
  const call = (name: string): RawCallback => {
    const [head = '', body = ''] = block(name).split('\n\n');
    const [line, ...headers] = head.split('\n');
    expect(line).toBe('POST /callbacks/bank-direct');
    const pairs = headers.map((one) => one.split(': ') as [string, string]);
    const { 'content-type': type = '', ...rest } = Object.fromEntries(pairs);
    return post(body, type, { headers: rest });
  };

  it.each(['json-notice', 'camt-notice'])('has a message %s that is signed as it says and taken in', async (name) => {
    const raw = call(name);
    expect(signed(Buffer.from(raw.body).toString(), { at: AT }).headers).toEqual(raw.headers);
    const here = callbackWorld([source], [vietqr, { ...direct, secret: block('secret') }]);
    here.clock.at = AT;
    here.place();
    expect((await here.call('bank-direct', raw)).statusCode).toBe(200);
    expect(await here.post()).toContain('posted');
    expect(here.invoice()).toMatchObject({ state: 'paid' });
  });

  it('names every answer that there is', async () => {
    for (const as of ['accepted', 'duplicate', 'unknownOrder', 'wrongAmount', 'badSignature', 'tryAgain'] as const) {
      const { status, body } = source.acknowledge(as);
      expect(guide).toMatch(new RegExp(`^\\| ${status}.*\`${body.replace(/[{}]/g, '\\$&')}\``, 'm'));
    }
  });
});
