import { inflateSync } from 'node:zlib';
import fc from 'fast-check';
import jsQR from 'jsqr';
import { describe, expect, it } from 'vitest';
import { presentNext } from '../../functions/portal-api/present.ts';
import { qrPictures } from '../../functions/portal-api/qr-pictures.ts';
import { dong } from '../../shared/domain/money/dong.ts';
import { movementIdOf } from '../../shared/domain/payment/movement.ts';
import type { RawCallback } from '../../shared/domain/payment/provider.ts';
import { paymentReference } from '../../shared/domain/payment/reference.ts';
import { paymentNamedIn, transferCode } from '../../shared/domain/payment/transfer-code.ts';
import { casso } from '../../shared/providers/casso/adapter.ts';
import { payos } from '../../shared/providers/payos/adapter.ts';
import { sepay } from '../../shared/providers/sepay/adapter.ts';
import { vietqr } from '../../shared/providers/vietqr/adapter.ts';
import { crc, UnprintableTransfer, vietQr } from '../../shared/providers/vietqr/payload.ts';
import { NUMBER } from '../dsl/given.ts';
import { NOW } from '../dsl/world.ts';
import { callbackWorld } from './callback-world.ts';
import { ORDER, saidBy } from './contract-order.ts';
import {
  ACCOUNT,
  CASSO_KEY,
  cassoParty,
  SEPAY_SECRET,
  sepayParty,
  VIETQR_SECRET,
  vietqrParty,
  writeCasso,
  writeSepay,
} from './parties/bank-transfer.ts';
import { payosParty } from './parties/payos.ts';

/** The library says it is an ES module and is none. */
const readQr = jsQR as unknown as (data: Uint8ClampedArray, width: number, height: number) => { data: string } | null;

const REFERENCE = paymentReference(NUMBER, 1);
const SECOND = paymentReference(NUMBER, 2);
const CODE = transferCode(REFERENCE);

describe('the payment code in the text of a transfer', () => {
  it.each([
    CODE,
    CODE.toLowerCase(),
    `MBVCB.123456.${CODE} nop le phi.CT tu 0123`,
    `IBFT${CODE}`,
    `Nộp lệ phí Đăng ký ${CODE} cảm ơn`,
    `T P ${[...REFERENCE].join(' ')}`,
    `TP-${REFERENCE.slice(0, 4)}-${REFERENCE.slice(4, 8)}.${REFERENCE.slice(8)}`,
    `${CODE.slice(0, 9)}\n${CODE.slice(9)}`,
    CODE.replaceAll('0', 'O').replaceAll('1', 'I'),
    CODE.replaceAll('0', 'o').replaceAll('1', 'l'),
    `${CODE} 270101 123456`,
    `${CODE}${CODE}`,
    `TP ${CODE}`,
    `TTP${REFERENCE}`,
    CODE.normalize('NFD'),
    `Ｔ Ｐ${REFERENCE}`,
  ])('is found in %j', (text) => expect(paymentNamedIn([text])).toBe(REFERENCE));

  it.each([
    '',
    'nop le phi',
    REFERENCE,
    CODE.slice(0, -1),
    `TP${REFERENCE.slice(0, 14)}${(Number(REFERENCE[14]) + 1) % 10}`,
    `TP0${REFERENCE.slice(1)}`,
    `TX${REFERENCE}`,
    `${CODE} hay ${transferCode(SECOND)}`,
  ])('is not found in %j', (text) => expect(paymentNamedIn([text])).toBeUndefined());

  it('is one if several texts hold the same, and none if they hold two', () => {
    expect(paymentNamedIn([CODE, `x ${CODE}`, ''])).toBe(REFERENCE);
    expect(paymentNamedIn([CODE, transferCode(SECOND)])).toBeUndefined();
  });

  it('is found whatever a bank writes around it, and never another one', () => {
    const around = fc
      .string({ unit: 'grapheme', maxLength: 40 })
      .filter((text) => !/[tp]/i.test(text.normalize('NFKD')));
    fc.assert(
      fc.property(around, around, (before, after) => paymentNamedIn([`${before}${CODE}${after}`]) === REFERENCE),
    );
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (text) => {
        const found = paymentNamedIn([text]);
        return found === undefined || text.replace(/[^0-9a-z]/gi, '').length >= 17;
      }),
    );
  });

  it('is looked for in linear time, in a flood too (scenario 58)', () => {
    expect(paymentNamedIn(['TP'.repeat(100_000)])).toBeUndefined();
  });
});

describe('the text of a VietQR code', () => {
  const transfer = { bankBin: '970415', account: ACCOUNT };

  it.each([
    ['an account of 20 characters', { account: '1'.repeat(20) }],
    ['an account with a space', { account: '12 34' }],
    ['no account', { account: '' }],
    ['a bank of 5 digits', { bankBin: '97041' }],
    ['an amount of 14 digits', { amount: 10_000_000_000_000 }],
    ['no amount at all', { amount: 0 }],
    ['a part of a dong', { amount: 0.5 }],
    ['an amount below nothing', { amount: -1 }],
    ['a text of 26 characters', { purpose: 'x'.repeat(26) }],
    ['a text with a line break', { purpose: 'a\nb' }],
    ['a text of other letters', { purpose: '漢字' }],
    [
      'four texts that are too long together',
      { bill: 'a'.repeat(25), reference: 'b'.repeat(25), terminal: 'c'.repeat(25), purpose: 'd'.repeat(25) },
    ],
  ])('refuses %s', (_, more) => {
    expect(() => vietQr({ ...transfer, ...more })).toThrow(UnprintableTransfer);
  });

  it('takes the marks off letters', () => {
    expect(vietQr({ ...transfer, purpose: 'Lệ phí Đăng ký' })).toBe(vietQr({ ...transfer, purpose: 'Le phi Dang ky' }));
  });

  it('is ASCII that ends in its own check value, for whatever fits', () => {
    const input = fc.record({
      account: fc.stringMatching(/^[0-9A-Za-z]{1,19}$/),
      amount: fc.integer({ min: 1, max: 9_999_999_999_999 }),
      purpose: fc.stringMatching(/^[ -~]{1,25}$/),
    });
    fc.assert(
      fc.property(input, (more) => {
        const text = vietQr({ ...transfer, ...more });
        expect(text).toMatch(/^[ -~]+$/);
        expect(crc(text.slice(0, -4))).toBe(text.slice(-4));
        expect(text).toContain(`54${String(String(more.amount).length).padStart(2, '0')}${more.amount}5802VN`);
      }),
    );
  });

  it('holds nothing of the payer or the dossier', () => {
    const { step } = {
      step: vietqr().begin({ ...ORDER, description: 'Nguyen Thi Vi Du H29.14-261120-0001' }, vietqrParty.account),
    };
    expect(JSON.stringify(step)).not.toMatch(/Nguyen|H29/);
  });
});

/** The pixels of our PNG: one bit each, white is 1. Written anew for the test. */
function pixelsOf(png: string): { data: Uint8ClampedArray; size: number } {
  const bytes = Buffer.from(png.slice('data:image/png;base64,'.length), 'base64');
  const size = bytes.readUInt32BE(16);
  const at = bytes.indexOf('IDAT');
  const lines = inflateSync(bytes.subarray(at + 4, at + 4 + bytes.readUInt32BE(at - 4)));
  const width = 1 + Math.ceil(size / 8);
  const data = new Uint8ClampedArray(size * size * 4);
  for (let y = 0; y < size; y += 1)
    for (let x = 0; x < size; x += 1) {
      const white = ((lines[y * width + 1 + (x >> 3)] ?? 0) >> (7 - (x & 7))) & 1;
      data.set([white * 255, white * 255, white * 255, 255], (y * size + x) * 4);
    }
  return { data, size };
}

/** The same from our SVG: a white ground and dark modules. */
function modulesOf(svg: string): { data: Uint8ClampedArray; size: number } {
  const scale = 4;
  const side = Number(/viewBox="0 0 (\d+) /.exec(svg)?.[1]);
  const size = side * scale;
  const data = new Uint8ClampedArray(size * size * 4).fill(255);
  for (const [, x, y] of svg.matchAll(/M(\d+) (\d+)h1v1h-1z/g))
    for (let dy = 0; dy < scale; dy += 1)
      for (let dx = 0; dx < scale; dx += 1)
        data.set([0, 0, 0, 255], ((Number(y) * scale + dy) * size + Number(x) * scale + dx) * 4);
  return { data, size };
}

describe('the pictures of a QR code', () => {
  const payload = vietQr({ bankBin: '970415', account: ACCOUNT, amount: 500_000, purpose: CODE });

  it.each(['svg', 'png'] as const)('are read back by another library: %s', (kind) => {
    const pictures = qrPictures(payload);
    const { data, size } = kind === 'svg' ? modulesOf(pictures.svg) : pixelsOf(pictures.png);
    expect(readQr(data, size, size)?.data).toBe(payload);
  });

  it('are the same every time, and small', () => {
    expect(qrPictures(payload)).toEqual(qrPictures(payload));
    expect(qrPictures(payload).png.length).toBeLessThan(4_000);
    expect(qrPictures(payload).svg.length).toBeLessThan(20_000);
  });

  it('go with the step of a bank transfer, and with no other', async () => {
    expect(await presentNext({ kind: 'qr', payload })).toEqual({ kind: 'qr', payload, ...qrPictures(payload) });
    expect(await presentNext({ kind: 'redirect', url: 'https://bank.example' })).toEqual({
      kind: 'redirect',
      url: 'https://bank.example',
    });
  });
});

describe('a credit on a bank account', () => {
  const world = () =>
    callbackWorld(
      [sepay(), casso()],
      [
        { providerId: 'vietqr', merchantAccountId: 'land-vietqr', terminal: ACCOUNT, secret: VIETQR_SECRET },
        { providerId: 'sepay', merchantAccountId: 'land-sepay', terminal: ACCOUNT, secret: SEPAY_SECRET },
        { providerId: 'casso', merchantAccountId: 'land-casso', terminal: ACCOUNT, secret: CASSO_KEY },
      ],
    );
  const said = (more = {}) => saidBy(sepayParty, { transactionId: 'FT26001000001', ...more });

  it('told by two notifiers is one payment, under one name', async () => {
    const here = world();
    here.place();
    await here.call('sepay', writeSepay(said()));
    await here.call('casso', writeCasso(said({ transactionId: 'ft26001000001 ' })));
    expect((await here.post()).sort()).toEqual(['alreadyPosted', 'posted']);
    expect(Object.keys(here.invoice()?.movements ?? {})).toEqual([`mov_bank_${ACCOUNT}_FT26001000001`]);
    const again = await here.call('casso', writeCasso(said()));
    expect([again.statusCode, await here.post()]).toEqual([200, []]);
  });

  const lost = { description: 'IBFT nop le phi' };

  it('whose code one notifier lost is one payment, whoever tells first', async () => {
    for (const first of ['sepay', 'casso']) {
      const here = world();
      here.place();
      const calls = [
        () => here.call('sepay', writeSepay(said())),
        () => here.call('casso', writeCasso(said(), {}, lost)),
      ];
      for (const call of first === 'sepay' ? calls : calls.reverse()) await call();
      expect((await here.post()).sort()).toEqual(
        first === 'sepay' ? ['alreadyPosted', 'posted'] : ['posted', 'receiptKept'],
      );
      const movements = Object.values(here.invoice()?.movements ?? {});
      expect([here.invoice()?.state, movements.map(({ kind, amount }) => [kind, amount])]).toEqual([
        'paid',
        [['payment', 500_000]],
      ]);
      const again = [
        await here.call('sepay', writeSepay(said())),
        await here.call('casso', writeCasso(said(), {}, lost)),
      ];
      expect(again.map(({ statusCode }) => statusCode)).toEqual([200, 200]);
      expect(await here.post()).toEqual(['alreadyPosted']);
    }
  });

  it('told by a notifier before payOS, which has the order, is moved to its payment', async () => {
    const { account } = payosParty;
    const here = callbackWorld(
      [payos(), sepay()],
      [
        { providerId: 'payos', ...account },
        { providerId: 'vietqr', merchantAccountId: 'land-vietqr', terminal: account.terminal, secret: VIETQR_SECRET },
        { providerId: 'sepay', merchantAccountId: 'land-sepay', terminal: account.terminal, secret: SEPAY_SECRET },
      ],
    );
    here.place();
    const told = saidBy(sepayParty, { transactionId: 'FT26001000001', terminal: account.terminal });
    await here.call('sepay', writeSepay(told));
    expect(await here.post()).toEqual(['posted']);
    expect(here.invoice()).toMatchObject({ state: 'open' });
    const byPayos = payosParty.callbacks?.write(saidBy(payosParty, { transactionId: 'FT26001000001' }));
    if (!byPayos) throw new Error('payOS does not call back');
    await here.call('payos', byPayos);
    expect(await here.post()).toEqual(['posted']);
    expect(here.invoice()).toMatchObject({ state: 'paid', due: 0, attempts: [{ state: 'succeeded' }] });
    await here.call('payos', byPayos);
    await here.call('sepay', writeSepay(told));
    expect((await here.post()).filter((outcome) => outcome !== 'alreadyPosted')).toEqual([]);
  });

  it('by payOS is a bank credit only at the account for which its terminal is registered', () => {
    const write = (terminal: string) => {
      const raw = payosParty.callbacks?.write(saidBy(payosParty, { terminal }));
      return payos().read({ ...raw, rawQuery: `terminal=${ACCOUNT}` } as RawCallback, [payosParty.account.secret], NOW);
    };
    expect(write(ACCOUNT)).toMatchObject({ terminal: ACCOUNT, bankCredit: { account: ACCOUNT } });
    expect(write('999999999')).not.toHaveProperty('bankCredit');
    expect(movementIdOf(write('999999999'))).toMatch(/^mov_payos_/);
  });

  it('bears the name of its account however a notifier writes it', () => {
    const at = (account: string) =>
      movementIdOf({ providerId: 'vietqr', transactionId: 'x', bankCredit: { account, reference: 'ft 1' } });
    expect(at('va0123abc')).toBe('mov_bank_VA0123ABC_FT1');
    expect(at('VA0123ABC')).toBe(at('va0123abc'));
  });

  it('that fits nothing, told by two notifiers, is unmatched once', async () => {
    const here = world();
    await here.call('sepay', writeSepay(said(), {}, { content: 'nop le phi' }));
    await here.call('casso', writeCasso(said(), {}, { description: 'IBFT nop le phi' }));
    expect((await here.post()).sort()).toEqual(['alreadyPosted', 'receiptKept']);
  });

  it.each([['sepay', writeSepay] as const, ['casso', writeCasso] as const])(
    'without the bank’s own reference is matched by a person before it is entered: %s',
    async (id, write) => {
      const here = world();
      here.place();
      expect((await here.call(id, write(said({ transactionId: '' })))).statusCode).toBe(200);
      expect(await here.post()).toEqual(['reviewKept']);
      expect(here.invoice()).toMatchObject({ state: 'open', movements: {} });
    },
  );

  it.each([
    ['no code', 'nop le phi'],
    ['two codes', `${CODE} ${transferCode(SECOND)}`],
    ['a code one digit off', `TP${REFERENCE.slice(0, 14)}${(Number(REFERENCE[14]) + 1) % 10}`],
  ])('with %s is kept as unmatched money of the account’s agency, and never guessed', async (_, content) => {
    const here = world();
    here.place();
    expect((await here.call('sepay', writeSepay(said(), {}, { content }))).statusCode).toBe(200);
    expect(await here.post()).toEqual(['receiptKept']);
    expect(here.invoice()).toMatchObject({ state: 'open', movements: {} });
  });

  it('that left the account is acknowledged and let be, whatever its text says', async () => {
    const here = world();
    here.place();
    const debits = [
      await here.call('sepay', writeSepay(said(), { direction: 'out' })),
      await here.call('casso', writeCasso(said(), { wireAmount: '-500000' })),
    ];
    for (const { statusCode, body } of debits) expect([statusCode, body]).toEqual([200, '{"success":true}']);
    expect([here.inbox.sent, here.invoices.changes]).toEqual([0, []]);
  });

  it('of neither direction goes to a person', () => {
    const raw = writeSepay(said(), {}, { transferType: 'sideways' });
    expect(sepay().read(raw, [SEPAY_SECRET], NOW).outcome).toBe('review');
  });

  it('is never the payment of another account', async () => {
    const here = world();
    here.place({}, { terminal: '999999999' });
    await here.call('sepay', writeSepay(said()));
    await here.post();
    expect(here.invoice()).toMatchObject({ state: 'open' });
    expect(Object.values(here.invoice()?.movements ?? {})).toMatchObject([
      { kind: 'unmatched', category: 'WRONG_ACCOUNT' },
    ]);
  });

  it('bears the name of its account: the same reference at two accounts is two credits', () => {
    const at = (account: string) => sepay().read(writeSepay(said({ terminal: account })), [SEPAY_SECRET], NOW);
    expect(movementIdOf(at('111'))).not.toBe(movementIdOf(at('222')));
  });

  it('of SePay is refused outside five minutes, and read again as before within (scenario 11)', () => {
    const raw = writeSepay(said());
    const at = (now: number) => () => sepay().read(raw, [SEPAY_SECRET], now);
    for (const off of [-300_000, 300_000]) expect(at(NOW + off)().outcome).toBe('paid');
    for (const off of [-301_000, 301_000]) expect(at(NOW + off)).toThrow('stale');
  });

  it('of SePay with a signing secret is not proved by a key alone', () => {
    const raw = writeSepay(said());
    const headers = { authorization: 'Apikey fake_sepay_webhook_secret' };
    expect(() => sepay().read({ ...raw, headers }, [SEPAY_SECRET], NOW)).toThrow('signature');
    expect(() => sepay().read({ ...raw, headers: {} }, ['{"apiKey":"k"}'], NOW)).toThrow('signature');
  });

  it('of Casso is read whatever the order and spaces of its JSON: its rule signs sorted names', () => {
    const raw = writeCasso(said());
    const body = JSON.stringify(JSON.parse(Buffer.from(raw.body).toString()), null, 2);
    expect(casso().read({ ...raw, body: Buffer.from(body) }, [CASSO_KEY], NOW).outcome).toBe('paid');
  });

  it('that pays in full leaves the books as any payment does', async () => {
    const here = world();
    here.place();
    await here.call('casso', writeCasso(saidBy(cassoParty)));
    await here.post();
    const [movement] = Object.values(here.invoice()?.movements ?? {});
    expect(movement).toMatchObject({ providerId: 'vietqr', merchantAccountId: 'land-vietqr', amount: dong(500_000) });
  });
});
