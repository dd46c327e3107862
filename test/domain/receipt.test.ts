import { describe, expect, it } from 'vitest';
import type { Invoice } from '../../shared/domain/invoice/invoice.ts';
import { dong } from '../../shared/domain/money/dong.ts';
import {
  checkCode,
  type KeptReceipt,
  ReceiptRegistration,
  ReceiptSymbol,
  readCheckCode,
  receiptsDue,
  symbolOf,
} from '../../shared/domain/receipt/receipt.ts';
import { escaped, receiptDocument } from '../../shared/domain/receipt/xml.ts';
import { aMovement, aReceipt, paidInvoice, REGISTERED, reversed, SECRET, withMovements } from '../dsl/receipts.ts';

/** What is due, in short. */
const due = (invoice: Invoice, kept: readonly KeptReceipt[] = []) =>
  receiptsDue(invoice, kept).map(({ receiptId, kind, total, payment, replaces }) =>
    [receiptId.slice(16), kind, total, payment.movementId.slice(13), replaces?.receiptId.slice(16)].filter(
      (part) => part !== undefined,
    ),
  );
const asKept = (invoice: Invoice, kept: readonly KeptReceipt[] = []): KeptReceipt[] => {
  const drafts = receiptsDue(invoice, kept);
  const replaced = new Map(
    drafts.flatMap(({ receiptId, replaces }) => (replaces ? [[replaces.receiptId, receiptId]] : [])),
  );
  return [
    ...kept.map((one) => ({ ...one, ...(replaced.has(one.receiptId) && { replacedBy: replaced.get(one.receiptId) }) })),
    ...drafts.map((draft, index) =>
      aReceipt({
        ...draft,
        number: kept.length + index + 1,
        lines: draft.lines.map((line) => ({ ...line, name: 'x' })),
      }),
    ),
  ];
};
const money = aMovement('T1');
const again = aMovement('T2', { committedAt: money.committedAt + 1_000 });

describe('the receipts of an invoice', () => {
  it('are one for each kind of fee, over its lines that cost something', () =>
    expect(due(paidInvoice())).toEqual([
      ['01', 'phi', 30_000, 'T1'],
      ['02', 'le_phi', 20_000, 'T1'],
    ]));

  it('are none while it is not paid, also not for a part of it', () => {
    expect(due(paidInvoice(undefined, { state: 'open', movements: {} }))).toEqual([]);
    const part = aMovement('T1', { kind: 'part', amount: dong(10_000) });
    expect(due(paidInvoice(undefined, { state: 'open', movements: withMovements(part) }))).toEqual([]);
  });

  it('are none for taxes, fines and insurance, which have papers of their own', () => {
    const lines = (['thue', 'phat', 'bhxh', 'bhyt', 'khac'] as const).map((kind) => ({
      ...{ feeItem: '1.004222-01', kind, quantity: 1, amount: dong(10_000), beneficiary: 'main' },
    }));
    expect(due(paidInvoice(undefined, { lines }))).toEqual([]);
  });

  it('are not due twice', () => {
    const invoice = paidInvoice();
    expect(due(invoice, asKept(invoice))).toEqual([]);
  });

  it('are replaced by ones over nothing when the money went back, once', () => {
    const kept = asKept(paidInvoice());
    const open = paidInvoice(undefined, { state: 'open', movements: withMovements(money, reversed(money)) });
    expect(due(open, kept)).toEqual([
      ['03', 'phi', 0, 'T1', '01'],
      ['04', 'le_phi', 0, 'T1', '02'],
    ]);
    expect(due(open, asKept(open, kept))).toEqual([]);
  });

  it('are new ones when it is paid again, whether or not the time between was seen', () => {
    const first = asKept(paidInvoice());
    const open = paidInvoice(undefined, { state: 'open', movements: withMovements(money, reversed(money)) });
    const paidAgain = paidInvoice(undefined, { movements: withMovements(money, reversed(money), again) });
    expect(due(paidAgain, asKept(open, first))).toEqual([
      ['05', 'phi', 30_000, 'T2'],
      ['06', 'le_phi', 20_000, 'T2'],
    ]);
    expect(due(paidAgain, first)).toEqual([
      ['03', 'phi', 0, 'T1', '01'],
      ['04', 'le_phi', 0, 'T1', '02'],
      ['05', 'phi', 30_000, 'T2'],
      ['06', 'le_phi', 20_000, 'T2'],
    ]);
  });

  it('are replaced by ones over what is left when some of it was refunded, and over nothing when all was', () => {
    const refund = (digit: number, state: 'sent' | 'done', lines: { line: number; amount: number }[]) => ({
      ...{ refundId: `rfd_4802135678900000000${digit}`, state, movementId: money.movementId, reason: 'OVERPAID' },
      lines,
    });
    const refunded = (state: Invoice['state'], ...refunds: ReturnType<typeof refund>[]): Invoice =>
      paidInvoice(undefined, {
        state,
        refunding: { refunds: Object.fromEntries(refunds.map((one) => [one.refundId, one])) } as never,
      });
    const first = asKept(paidInvoice());
    const some = refund(1, 'done', [{ line: 2, amount: 10_000 }]);
    expect(due(refunded('paid', refund(1, 'sent', some.lines)), first)).toEqual([]);
    const partly = refunded('partially_refunded', some);
    expect(due(partly, first)).toEqual([['03', 'phi', 20_000, 'T1', '01']]);
    const second = asKept(partly, first);
    expect(due(partly, second)).toEqual([]);
    const rest = refund(2, 'done', [
      { line: 1, amount: 20_000 },
      { line: 2, amount: 20_000 },
    ]);
    const wholly = refunded('refunded', some, rest);
    expect(due(wholly, second)).toEqual([
      ['04', 'le_phi', 0, 'T1', '02'],
      ['05', 'phi', 0, 'T1', '03'],
    ]);
    expect(due(wholly, asKept(wholly, second))).toEqual([]);
    expect(due(wholly)).toEqual([]);
  });

  it('stay as they are when surplus comes after them', () => {
    const kept = asKept(paidInvoice());
    const surplus = aMovement('T3', { kind: 'surplus', committedAt: money.committedAt + 9_000 });
    expect(due(paidInvoice(undefined, { movements: withMovements(money, surplus) }), kept)).toEqual([]);
  });

  it('name the payer, whose citizen number is masked and whose tax code is whole', () => {
    const payer = { name: 'Công ty Mẫu', idNumber: '001099001234', taxCode: '0100233488' };
    expect(receiptsDue(paidInvoice(undefined, { payer }), [])[0]?.payer).toEqual({
      name: 'Công ty Mẫu',
      idNumber: '••••••••1234',
      taxCode: '0100233488',
    });
  });
});

describe('a symbol', () => {
  it('is the year, T and two letters of the circular', () => {
    expect(symbolOf('TAA', '2026-12-31')).toBe('26TAA');
    expect(symbolOf('TAA', '2027-01-01')).toBe('27TAA');
    for (const symbol of ['26TAA', '99TYX']) expect(ReceiptSymbol.safeParse(symbol).success).toBe(true);
    for (const symbol of ['26TFA', '26TAI', '26TAO', '26TJA', '26TWA', '26TZA', '26KAA', '6TAA', '26TAAA'])
      expect(ReceiptSymbol.safeParse(symbol).success).toBe(false);
  });

  it('is registered for a collector whose tax code has its check digit', () => {
    expect(ReceiptRegistration.safeParse(REGISTERED).success).toBe(true);
    const wrong = { ...REGISTERED, collector: { ...REGISTERED.collector, taxCode: '0100233489' } };
    expect(ReceiptRegistration.safeParse(wrong).success).toBe(false);
  });
});

describe('a check code', () => {
  it('leads to its receipt', () =>
    expect(readCheckCode(checkCode(aReceipt()))).toEqual({ receiptId: 'rct_48021356789001', secret: SECRET }));

  it.each(['', 'x', '48021356789001', '48021356789001-', `48021356789000-${SECRET}`, `48021356789001_${SECRET}`])(
    'is not %j',
    (code) => expect(readCheckCode(code)).toBeUndefined(),
  );
});

describe('the document of a receipt', () => {
  it('is written in canonical form, with every item of the decree', () => {
    const { before, after } = receiptDocument(
      aReceipt({
        paidThrough: 'Nộp tại quầy',
        replaces: { receiptId: 'rct_48021356789099', symbol: '25TAA', number: 7, reason: 'MONEY_WENT_BACK' },
      }),
    );
    expect(before).toBe(
      [
        '<BLai><DLBLai><TTChung><PBan>thuphi-1</PBan><TBLai>Biên lai thu lệ phí</TBLai><KHMSBLai>EBL01</KHMSBLai>',
        '<KHBLai>26TAA</KHBLai><SBLai>1</SBLai><NLap>2026-11-20</NLap><TGLap>2026-11-20T12:00:00+07:00</TGLap>',
        `<DVTTe>VND</DVTTe><MBLai>rct_48021356789001</MBLai><MTCuu>48021356789001-${SECRET}</MTCuu>`,
        '<TTLQuan><TCLQuan>Thay thế</TCLQuan><MBLai>rct_48021356789099</MBLai><KHBLai>25TAA</KHBLai><SBLai>7</SBLai>',
        '<LDo>Khoản thu đã hoàn trả</LDo></TTLQuan></TTChung><NDBLai>',
        '<TCThu><Ten>Văn phòng Đăng ký &amp; Đất đai &lt;mẫu&gt;</Ten><MST>0100233488</MST><DChi>Số 1 phố Mẫu</DChi></TCThu>',
        '<NNop><Ten>Nguyễn Thử Nghiệm</Ten><CCCDan>••••••••1234</CCCDan></NNop>',
        '<DSKThu><KThu><STT>1</STT><MKThu>1.004222-01</MKThu><Ten>Lệ phí đăng ký cư trú</Ten><SLuong>1</SLuong>',
        '<TTien>20000</TTien></KThu></DSKThu>',
        '<TToan><TgTien>20000</TgTien><TgTienBChu>Hai mươi nghìn đồng</TgTienBChu></TToan>',
        '<TTNop><HThuc>Nộp tại quầy</HThuc><TGian>2026-11-20T11:59:55+07:00</TGian><MGDich>mov_bank-one_T1</MGDich>',
        '<MHSo>H29.14-261120-0001</MHSo><MTTHC>1.004222</MTTHC></TTNop></NDBLai></DLBLai><DSCKS><TCThu>',
      ].join(''),
    );
    expect(after).toBe('</TCThu></DSCKS></BLai>');
  });

  it('keeps the words of one that was numbered before it said how it was paid', () =>
    expect(receiptDocument(aReceipt()).before).toContain('<TTNop><HThuc>bank-one</HThuc>'));

  it('carries text that means something to XML as text, and refuses what XML cannot carry', () => {
    expect(escaped('a<b>&"\'\r')).toBe('a&lt;b&gt;&amp;"\'&#xD;');
    for (const text of ['\u0000', '\u000b', '\ufffe', '\ud800', 'a\udc00'])
      expect(() => escaped(text)).toThrow(RangeError);
  });
});
