import fc from 'fast-check';
import { SaxesParser } from 'saxes';
import { describe, expect, it } from 'vitest';
import { dong } from '../../shared/domain/money/dong.ts';
import { accountBook } from '../../shared/domain/reconciliation/book-day.ts';
import { orderTable } from '../../shared/domain/remittance/order-table.ts';
import { pain001 } from '../../shared/domain/remittance/pain001.ts';
import {
  contentKey,
  OrderId,
  orderId,
  orderMark,
  orderMarksIn,
  type Payee,
  type Remittance,
  remittanceId,
} from '../../shared/domain/remittance/remittance.ts';

const BOOK = accountBook('970415', '1234567890');
const SHA = 'c'.repeat(64);
const AT = Date.parse('2026-11-23T08:30:00+07:00');

const payee = (more: Partial<Payee> = {}): Payee => ({
  ...{ agencyCode: 'H29.12', beneficiary: 'main', name: { vi: 'Sở Mẫu', en: 'Sample' }, taxCode: '0100000001' },
  ...{ form: 'C1-03/NS', accountNumber: '7111', treasury: '0111', treasuryName: 'KBNN mẫu', bankBin: '970436' },
  collectingAuthority: '1054321',
  ...more,
});

function batchOf(payees: readonly Payee[]): Remittance {
  return {
    ...{ remittanceId: remittanceId(BOOK, 7), book: BOOK, state: 'approved', from: '2026-11-20' },
    ...{
      through: '2026-11-22',
      previous: null,
      again: [],
      received: 1,
      fees: 0,
      uncovered: 0,
      unaccounted: 0,
      left: 0,
    },
    orders: payees.map((one, at) => ({
      orderId: orderId(`${at}`.padEnd(16, 'a')),
      ...{ how: 'transfer', payee: one, state: 'waiting', amount: dong(116_700) },
      lines: [
        {
          chapter: '426',
          subItem: '2716',
          area: '26734',
          amount: dong(100_000),
          retained: dong(33_300),
          toBudget: dong(66_700),
        },
        {
          chapter: '426',
          subItem: '2771',
          area: null,
          amount: dong(50_000),
          retained: dong(0),
          toBudget: dong(50_000),
        },
      ],
    })),
    content: { key: contentKey(BOOK, 7, SHA), sha256: SHA, bytes: 1 },
    ...{ by: 'a', clientId: 'c', proposedAt: AT, decidedBy: 'b', decidedAt: AT, version: 2, calls: [] },
  };
}

type Node = { name: string; attributes: Record<string, string>; children: Node[]; text: string };

/** Reads a document with a strict parser: what is not well-formed throws. */
function read(xml: string): Node {
  const parser = new SaxesParser();
  const root: Node = { name: '', attributes: {}, children: [], text: '' };
  const open = [root];
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    const node = { name, attributes: attributes as Record<string, string>, children: [], text: '' };
    open.at(-1)?.children.push(node);
    open.push(node);
  });
  parser.on('text', (text) => {
    const node = open.at(-1);
    if (node) node.text += text;
  });
  parser.on('closetag', () => open.pop());
  parser.write(xml).close();
  const [document] = root.children;
  if (!document) throw new Error('no document');
  return document;
}

/** Order of children, least and most, as pain.001.001.09 has them; those that we do not write are left out. */
const schema: Record<string, readonly [name: string, least: number, most: number][]> = {
  Document: [['CstmrCdtTrfInitn', 1, 1]],
  CstmrCdtTrfInitn: [
    ['GrpHdr', 1, 1],
    ['PmtInf', 1, 1],
  ],
  GrpHdr: [
    ['MsgId', 1, 1],
    ['CreDtTm', 1, 1],
    ['NbOfTxs', 1, 1],
    ['CtrlSum', 0, 1],
    ['InitgPty', 1, 1],
  ],
  InitgPty: [['Nm', 0, 1]],
  PmtInf: [
    ['PmtInfId', 1, 1],
    ['PmtMtd', 1, 1],
    ['BtchBookg', 0, 1],
    ['NbOfTxs', 0, 1],
    ['CtrlSum', 0, 1],
    ['ReqdExctnDt', 1, 1],
    ['Dbtr', 1, 1],
    ['DbtrAcct', 1, 1],
    ['DbtrAgt', 1, 1],
    ['ChrgBr', 0, 1],
    ['CdtTrfTxInf', 1, 9999],
  ],
  ReqdExctnDt: [['Dt', 1, 1]],
  Dbtr: [['Nm', 0, 1]],
  DbtrAcct: [
    ['Id', 1, 1],
    ['Ccy', 0, 1],
  ],
  DbtrAgt: [['FinInstnId', 1, 1]],
  CdtrAgt: [['FinInstnId', 1, 1]],
  FinInstnId: [['ClrSysMmbId', 0, 1]],
  ClrSysMmbId: [
    ['ClrSysId', 0, 1],
    ['MmbId', 1, 1],
  ],
  ClrSysId: [['Prtry', 1, 1]],
  CdtTrfTxInf: [
    ['PmtId', 1, 1],
    ['Amt', 1, 1],
    ['CdtrAgt', 0, 1],
    ['Cdtr', 0, 1],
    ['CdtrAcct', 0, 1],
    ['RmtInf', 0, 1],
  ],
  PmtId: [
    ['InstrId', 0, 1],
    ['EndToEndId', 1, 1],
  ],
  Cdtr: [
    ['Nm', 0, 1],
    ['Id', 0, 1],
  ],
  CdtrAcct: [['Id', 1, 1]],
  RmtInf: [['Strd', 0, 9999]],
  Strd: [
    ['RfrdDocInf', 0, 9999],
    ['AddtlRmtInf', 0, 3],
  ],
  RfrdDocInf: [
    ['Tp', 0, 1],
    ['Nb', 0, 1],
    ['LineDtls', 0, 9999],
  ],
  Tp: [['CdOrPrtry', 1, 1]],
  CdOrPrtry: [['Prtry', 1, 1]],
  LineDtls: [
    ['Id', 1, 9999],
    ['Amt', 0, 1],
  ],
};
const limits: Record<string, number> = {
  MsgId: 35,
  PmtInfId: 35,
  InstrId: 35,
  EndToEndId: 35,
  MmbId: 35,
  Prtry: 35,
  Nb: 35,
  Nm: 140,
  AddtlRmtInf: 140,
};

function check(node: Node): void {
  const rule = schema[node.name];
  if (rule) {
    const names = node.children.map(({ name }) => name);
    expect(names).toEqual(rule.flatMap(([name]) => names.filter((one) => one === name)));
    for (const [name, least, most] of rule) {
      const count = names.filter((one) => one === name).length;
      expect(count, `${node.name}/${name}`).toBeGreaterThanOrEqual(least);
      expect(count, `${node.name}/${name}`).toBeLessThanOrEqual(most);
    }
  }
  const limit = limits[node.name];
  if (limit !== undefined && node.children.length === 0) {
    expect([...node.text].length, node.name).toBeLessThanOrEqual(limit);
    expect(node.text, node.name).not.toBe('');
  }
  for (const child of node.children) check(child);
}

const all = (node: Node, name: string): Node[] => [
  ...(node.name === name ? [node] : []),
  ...node.children.flatMap((child) => all(child, name)),
];
const texts = (node: Node, name: string) => all(node, name).map(({ text }) => text);

describe('the message for the bank', () => {
  it('has the order and the limits of pain.001.001.09, and sums that are right', () => {
    const xml = pain001(batchOf([payee(), payee({ beneficiary: 'fund', accountNumber: '3511.0.1234567' })]), {
      name: 'Sở Mẫu',
    });
    const document = read(xml);
    check(document);
    expect(document.attributes['xmlns']).toBe('urn:iso:std:iso:20022:tech:xsd:pain.001.001.09');
    expect(texts(document, 'NbOfTxs')).toEqual(['2', '2']);
    expect(texts(document, 'CtrlSum')).toEqual(['233400', '233400']);
    expect(texts(document, 'InstdAmt')).toEqual(['116700', '116700']);
    expect(texts(document, 'RmtdAmt')).toEqual(['66700', '50000', '66700', '50000']);
    expect(all(document, 'InstdAmt').map(({ attributes }) => attributes['Ccy'])).toEqual(['VND', 'VND']);
    expect(texts(document, 'BtchBookg')).toEqual(['false']);
    expect(texts(document, 'CreDtTm')).toEqual(['2026-11-23T08:30:00+07:00']);
    expect(new Set(texts(document, 'EndToEndId')).size).toBe(2);
  });

  it('is the same to the byte whenever it is made', () => {
    const batch = batchOf([payee()]);
    expect(pain001(structuredClone(batch), { name: 'Sở Mẫu' })).toBe(pain001(batch, { name: 'Sở Mẫu' }));
  });

  it('stays well-formed and says the same, whatever stands in names (scenario: injected markup)', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 300 }), (name) => {
        const document = read(
          pain001(batchOf([payee({ name: { vi: `A${name}<Nm>&]]>`, en: '' } })]), { name: `B${name}` }),
        );
        check(document);
        expect(texts(document, 'InstdAmt')).toEqual(['116700']);
        expect(all(document, 'CdtTrfTxInf')).toHaveLength(1);
      }),
    );
  });

  it('leaves out what is not to be sent, and is not made of nothing', () => {
    const batch = batchOf([payee(), payee({ beneficiary: 'own' })]);
    const [first, second] = batch.orders;
    if (!first || !second) throw new Error('two orders');
    const some = { ...batch, orders: [first, { ...second, how: 'inPlace' as const }] };
    expect(texts(read(pain001(some, { name: 'S' })), 'NbOfTxs')).toEqual(['1', '1']);
    expect(() => pain001({ ...batch, orders: [{ ...second, how: 'inPlace' as const }] }, { name: 'S' })).toThrow(
      RangeError,
    );
  });
});

describe('the table', () => {
  it('has a row for each budget line, the total of its order, and words', () => {
    const rows = orderTable(batchOf([payee()]))
      .trim()
      .split('\r\n');
    expect(rows).toHaveLength(3);
    expect(rows[1]).toContain('7111');
    expect(rows[1]).toContain('66700,33300,116700');
    expect(rows[2]).toContain('50000,0,116700');
    expect(rows[1]?.toLowerCase()).toContain('một trăm mười sáu nghìn bảy trăm đồng');
  });

  it.each(['=1+1', '+A1', '-2', '@SUM(A1)', '\t=1'])('takes the sting out of %j', (name) => {
    const [, row] = orderTable(batchOf([payee({ name: { vi: name, en: '' } })])).split('\r\n');
    expect(row).toContain(`'${name}`);
  });
});

describe('the reference of an order', () => {
  it('is found in what banks make of it, and is no payment’s code', () => {
    const id = orderId('0123456789abcdef');
    expect(id).toBe('NTKBCDFGHJKMNQRSVWX');
    expect(OrderId.safeParse(id).success).toBe(true);
    expect(orderMarksIn(`NOPNSNN${id}KBNN`)).toEqual([orderMark(id)]);
    expect(orderMarksIn('NTKBCDFGHJKMNQRSVW')).toEqual([]);
    expect(id).not.toMatch(/[0-9OIL]/);
  });
});
