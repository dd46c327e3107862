import { describe, expect, it } from 'vitest';
import { Bai2Reader } from '../../../../shared/domain/reconciliation/bank/bai2.ts';
import { CamtReader } from '../../../../shared/domain/reconciliation/bank/camt.ts';
import type { BankReader, BankSink } from '../../../../shared/domain/reconciliation/bank/model.ts';
import { minorUnits, xmlMinorUnits } from '../../../../shared/domain/reconciliation/bank/money.ts';
import { Mt940Reader } from '../../../../shared/domain/reconciliation/bank/mt940.ts';
import { gather } from './gather.ts';

/** What banks make of the standards, and what a file must not say in two ways. All banks and persons are invented. */

const reading = (make: (sink: BankSink) => BankReader) => (text: string) => gather(make, Buffer.from(text));
const camt = reading((sink) => new CamtReader(sink));
const mt940 = reading((sink) => new Mt940Reader(sink));
const bai2 = reading((sink) => new Bai2Reader(sink));
const faultOf = ({ verdict }: ReturnType<typeof camt>) =>
  verdict.kind === 'refused' ? verdict.fault.code : verdict.kind;

describe('an amount', () => {
  it.each([
    ['1.000', 'VND'],
    ['50,000', 'VND'],
    ['1,000', 'EUR'],
    ['1.000', 'EUR'],
    ['1.000.000', 'VND'],
    ['1\u00a0000', 'VND'],
    ['1000-', 'VND'],
    ['-1000', 'VND'],
    ['1e3', 'VND'],
    ['', 'VND'],
  ])('%s %s may be a thousand or one, or is none: it is refused', (text, currency) => {
    expect(minorUnits(text, currency)).toBe('malformed');
  });

  it.each([
    ['1000,', 'VND', 1000n],
    ['1000,00', 'VND', 1000n],
    ['12.5', 'EUR', 1250n],
    ['1.234', 'KWD', 1234n],
    ['0000000000000000,00', 'TRY', 0n],
    ['84349,74', 'DEM', 8_434_974n],
  ])('%s %s is read', (text, currency, minor) => expect(minorUnits(text, currency)).toBe(minor));

  it.each([
    ['8.850', 'EUR', 885n],
    ['.50', 'EUR', 50n],
    ['.', 'EUR', 'malformed'],
    ['', 'EUR', 'malformed'],
    ['135000.00', 'VND', 135_000n],
    ['135.000', 'VND', 'malformed'],
    ['135000,00', 'VND', 'malformed'],
    ['135000.5', 'VND', 'too_fine'],
  ])('%s %s in XML has a point or nothing', (text, currency, minor) =>
    expect(xmlMinorUnits(text, currency)).toBe(minor),
  );
});

const balance = (code: string, amount: number, currency = 'VND') =>
  `<Bal><Tp><CdOrPrtry><Cd>${code}</Cd></CdOrPrtry></Tp><Amt Ccy="${currency}">${amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-26</Dt></Dt></Bal>`;
const AMOUNT = '<Amt Ccy="VND">1000</Amt>';
const credit = (amount = AMOUNT, more = '<Sts>BOOK</Sts>') =>
  `<Ntry>${amount}<CdtDbtInd>CRDT</CdtDbtInd>${more}</Ntry>`;
const ACCOUNT = '<Acct><Id><Othr><Id>1012345678</Id></Othr></Id></Acct>';
const statement = (inside: string, head = '') => `<Stmt><Id>S1</Id>${head}${ACCOUNT}${inside}</Stmt>`;
const message = (statements: string, header = '') => `<BkToCstmrStmt>${header}${statements}</BkToCstmrStmt>`;
const document = (inside: string) => `<Document>${inside}</Document>`;
const one = (inside: string, head = '') => camt(document(message(statement(inside, head))));
const CLOSED = balance('OPBD', 0) + balance('CLBD', 1000);

describe('a camt statement', () => {
  it('may be one of several messages in a file, of several kinds: all are read', () => {
    const advice = `<BkToCstmrDbtCdtNtfctn><Ntfctn><Id>N1</Id>${ACCOUNT}${credit()}</Ntfctn></BkToCstmrDbtCdtNtfctn>`;
    const { verdict, statements } = camt(
      `<Envelope>${document(message(statement(CLOSED + credit())))}<Body>${document(advice)}</Body></Envelope>`,
    );
    expect(verdict).toEqual({ kind: 'read', statements: 2, entries: 2 });
    expect(statements.map(({ head }) => head.kind)).toEqual(['statement', 'advice']);
  });

  it.each([
    ['two amounts', credit(`${AMOUNT}<Amt Ccy="VND">1</Amt>`), 'field_twice'],
    ['two directions', credit(`${AMOUNT}<CdtDbtInd>DBIT</CdtDbtInd>`), 'field_twice'],
    ['an element inside an amount', credit('<Amt Ccy="VND">10<b/>00</Amt>'), 'field_malformed'],
    ['a direction inside an element', credit(AMOUNT, '<RvslInd><b>true</b></RvslInd>'), 'field_malformed'],
    ['an unknown status', credit(AMOUNT, '<Sts>BOOX</Sts>'), 'field_malformed'],
    ['an unknown status code', credit(AMOUNT, '<Sts><Cd>BOOX</Cd></Sts>'), 'field_malformed'],
    ['a reversal that is neither', credit(AMOUNT, '<RvslInd>yes</RvslInd>'), 'field_malformed'],
    ['one attribute twice', credit('<Amt Ccy="VND" Ccy="USD">1000</Amt>'), 'not_xml'],
    [
      'a currency in another attribute only',
      credit(`<Amt other='Ccy="VND"' x:Ccy="VND">1000</Amt>`),
      'currency_missing',
    ],
    ['a currency that there is not', credit('<Amt Ccy="VNX">1000</Amt>'), 'currency_missing'],
    ['a thousand that may be one', credit('<Amt Ccy="VND">1.000</Amt>'), 'amount_malformed'],
    ['a sum that is none', '<TxsSummry><TtlNtries><Sum>1e3</Sum></TtlNtries></TxsSummry>', 'amount_malformed'],
    [
      'a count that is none',
      '<TxsSummry><TtlNtries><NbOfNtries>-1</NbOfNtries></TtlNtries></TxsSummry>',
      'field_malformed',
    ],
  ])('with %s is refused', (_, inside, code) => expect(faultOf(one(CLOSED + inside))).toBe(code));

  it.each([
    ['TtlNtries', '1001'],
    ['TtlCdtNtries', '999'],
    ['TtlDbtNtries', '1'],
  ])('whose %s have another sum than it says is reported, in its own currency', (which, sum) => {
    const summary = (text: string) => `<TxsSummry><${which}><Sum>${text}</Sum></${which}></TxsSummry>`;
    const findings = (text: string) => one(summary(text) + CLOSED + credit()).statements[0]?.foot.findings;
    expect(findings(sum)).toMatchObject([{ code: 'declared_sum', figures: { declared: sum } }]);
    expect(findings({ TtlDbtNtries: '0' }[which] ?? '1000')).toEqual([]);
  });

  it.each([
    ['version 2', (sum: string) => `<TtlNetNtryAmt>${sum}</TtlNetNtryAmt>`],
    ['later versions', (sum: string) => `<TtlNetNtry><Amt>${sum}</Amt><CdtDbtInd>CRDT</CdtDbtInd></TtlNetNtry>`],
  ])('whose net comes to another sum than it says is reported: %s', (_, net) => {
    const findings = (sum: string) =>
      one(`<TxsSummry><TtlNtries>${net(sum)}</TtlNtries></TxsSummry>${CLOSED}${credit()}`).statements[0]?.foot.findings;
    expect(findings('999')).toMatchObject([{ code: 'declared_sum', figures: { declared: '999', added: '1000' } }]);
    expect(findings('1000')).toEqual([]);
  });

  it('does not close where an entry is of another currency than its balances', () => {
    const mixed = credit('<Amt Ccy="EUR">10</Amt>');
    expect(one(CLOSED + mixed).statements[0]?.foot.closes).toBe(false);
    expect(one(balance('OPBD', 0) + balance('CLBD', 2000) + credit() + mixed).statements[0]?.foot.closes).toBe(false);
  });

  it('without its closing balance says that nothing proves it', () => {
    const { foot } = one(balance('OPBD', 0) + credit()).statements[0] ?? {};
    expect(foot).toMatchObject({ closes: null, findings: [{ code: 'balance_missing' }] });
  });

  it('has the payer’s words wherever the standard has a place for them', () => {
    const details = `<NtryDtls><TxDtls><RmtInf><Ustrd>LE PHI</Ustrd><Ustrd>BAN SAO</Ustrd><Strd>
      <CdtrRefInf><Ref>RF01</Ref></CdtrRefInf><AddtlRmtInf>NOP HO</AddtlRmtInf></Strd></RmtInf>
      <AddtlTxInf>CHUYEN KHOAN</AddtlTxInf></TxDtls></NtryDtls>`;
    const [detail] = one(CLOSED + credit(AMOUNT, details)).statements[0]?.entries[0]?.details ?? [];
    expect(detail).toMatchObject({ text: 'LE PHI BAN SAO NOP HO CHUYEN KHOAN', structured: ['RF01'] });
  });

  it.each([
    ['nothing', '', [{ code: 'balance_missing' }]],
    ['its sum', '<TxsSummry><TtlNtries><Sum>1000</Sum></TtlNtries></TxsSummry>', []],
    [
      'the sums of its directions',
      '<TxsSummry><TtlCdtNtries><Sum>1000</Sum></TtlCdtNtries><TtlDbtNtries><Sum>0</Sum></TtlDbtNtries></TxsSummry>',
      [],
    ],
    [
      'the sum of one direction',
      '<TxsSummry><TtlCdtNtries><Sum>1000</Sum></TtlCdtNtries></TxsSummry>',
      [{ code: 'balance_missing' }],
    ],
  ])('that is an advice with %s says what proves it', (_, summary, findings) => {
    const notification = `<Ntfctn><Id>N1</Id>${ACCOUNT}${summary}${credit()}</Ntfctn>`;
    const { statements } = camt(document(`<BkToCstmrDbtCdtNtfctn>${notification}</BkToCstmrDbtCdtNtfctn>`));
    expect(statements[0]?.foot.findings).toMatchObject(findings);
    expect(statements[0]?.foot.findings).toHaveLength(findings.length);
  });

  it.each(['ISO-8859-1', 'windows-1252'])('in %s, as it declares, has its letters', (encoding) => {
    const text = `<?xml version="1.0" encoding="${encoding}"?>${document(
      message(statement(CLOSED + credit(AMOUNT, '<AddtlNtryInf>Lệ phí số 1 – Gebühr</AddtlNtryInf>'))),
    )}`;
    const western = Buffer.from(text.replace('Lệ phí số', 'Le phi so').replace('–', '-'), 'latin1');
    const { statements } = gather((sink) => new CamtReader(sink), western);
    expect(statements[0]?.entries[0]?.text).toBe('Le phi so 1 - Gebühr');
    expect(statements[0]?.foot.closes).toBe(true);
  });

  it.each(['UTF-16', 'Shift_JIS', 'IBM037'])('that declares %s is refused', (encoding) =>
    expect(faultOf(camt(`<?xml version="1.0" encoding="${encoding}"?>${document(message(statement(CLOSED)))}`))).toBe(
      'not_utf8',
    ),
  );

  it('that begins with the mark of UTF-8 and declares another encoding is refused', () => {
    const declared = (encoding: string) =>
      camt(`\ufeff<?xml version="1.0" encoding="${encoding}"?>${document(message(statement(CLOSED)))}`);
    expect(faultOf(declared('UTF-8'))).toBe('read');
    expect(faultOf(declared('windows-1258'))).toBe('not_utf8');
  });

  it('whose figures fit though their currencies differ says which they are', () => {
    const mixed = balance('OPBD', 0) + balance('CLBD', 1000, 'USD') + credit();
    expect(one(mixed).statements[0]?.foot.findings).toMatchObject([
      { code: 'balance_break', figures: { currencies: 'VND VND USD' } },
    ]);
  });

  it('takes a reversal by its own direction, and leaves aside what is not booked', () => {
    const reversed = `<Ntry>${AMOUNT}<CdtDbtInd>DBIT</CdtDbtInd><RvslInd>true</RvslInd><Sts><Cd>BOOK</Cd></Sts></Ntry>`;
    const pending = credit(AMOUNT, '<Sts><Cd>PDNG</Cd></Sts>');
    const future = credit(AMOUNT, '<Sts><Cd>FUTR</Cd></Sts>');
    const { foot } = one(CLOSED + credit() + credit() + reversed + pending + future).statements[0] ?? {};
    expect(foot).toMatchObject({ credit: 2000n, debit: 1000n, reversals: 1, notBooked: 2, closes: true });
  });
});

describe('a camt statement in pages', () => {
  const page = (number: number, isLast: boolean) =>
    `<StmtPgntn><PgNb>${number}</PgNb><LastPgInd>${isLast}</LastPgInd></StmtPgntn><ElctrncSeqNb>7</ElctrncSeqNb>`;
  const first = statement(balance('OPBD', 0) + balance('ITBD', 1000) + credit(), page(1, false));
  const middle = statement(balance('ITBD', 1000) + balance('ITBD', 3000) + credit() + credit(), page(2, false));
  const last = statement(balance('ITBD', 3000) + balance('CLBD', 4000) + credit(), page(3, true));

  it('closes page by page, each one a statement that follows on the one before', () => {
    const { statements } = camt(document(message(first + middle + last)));
    expect(statements.map(({ head, foot }) => [head.sequence, foot.opening?.minor, foot.closing?.minor])).toEqual([
      ['7/1', 0n, 1000n],
      ['7/2', 1000n, 3000n],
      ['7/3', 3000n, 4000n],
    ]);
    expect(statements.every(({ foot }) => foot.closes)).toBe(true);
  });

  it('is so as well where the message has the pages', () => {
    const header = '<GrpHdr><MsgPgntn><PgNb>1</PgNb><LastPgInd>false</LastPgInd></MsgPgntn></GrpHdr>';
    const inside = statement(balance('OPBD', 0) + balance('ITBD', 1000) + credit(), '<ElctrncSeqNb>7</ElctrncSeqNb>');
    const { head, foot } = camt(document(message(inside, header))).statements[0] ?? {};
    expect([head?.sequence, foot?.closes]).toEqual(['7/1', true]);
  });

  it('has its own number where one page is all of it, and no interim balance', () => {
    const { head, foot } = one(CLOSED + balance('ITBD', 5) + credit(), page(1, true)).statements[0] ?? {};
    expect([head?.sequence, foot?.closing?.code]).toEqual(['7', 'CLBD']);
  });

  it('knows neither beginning nor end of a page with one interim balance alone', () => {
    const { foot } = one(balance('ITBD', 1000) + credit(), page(2, false)).statements[0] ?? {};
    expect(foot).toMatchObject({ opening: null, closing: null, closes: null });
  });
});

describe('an MT940 statement', () => {
  const text = (...lines: string[]) =>
    [':20:S1', ':25:1012345678', ':28C:7/1', ':60F:C261126VND0,', ...lines, ':62F:C261126VND1000,', '-', ''].join(
      '\r\n',
    );
  const CREDIT = ':61:2611261126C1000,NTRFNONREF//FT1';

  it.each([
    ['CR', '\r'],
    ['CR CR LF', '\r\r\n'],
    ['LF', '\n'],
  ])('may end its lines with %s, however its bytes arrive', (_, end) => {
    const long = text(CREDIT, ...Array.from({ length: 2000 }, () => ':86:LE PHI CHUNG THUC BAN SAO TU BAN CHINH'));
    for (const size of [1, 7, 70_000]) {
      const found = gather((sink) => new Mt940Reader(sink), Buffer.from(long.replaceAll('\r\n', end)), size);
      expect(found.statements[0]?.foot).toMatchObject({ entries: 1, closes: true });
      expect(found.statements[0]?.entries[0]?.bankReference).toBe('FT1');
    }
  });

  it('is refused with the same line, whatever ends it', () => {
    const wrong = text(':61:2611261126C12..34,NTRF');
    for (const end of ['\r', '\n', '\r\n', '\r\r\n'])
      expect(mt940(wrong.replaceAll('\r\n', end)).verdict).toMatchObject({
        fault: { line: 5, code: 'line_malformed' },
      });
  });

  it('may be in a currency of before', () =>
    expect(mt940(text(CREDIT.replace('1000,', '1000,00')).replaceAll('VND', 'DEM')).statements[0]?.foot).toMatchObject({
      ...{ credit: 100_000n, closes: true },
    }));

  it('loses no entry behind a line that ends with CR where the others end with LF', () =>
    expect(mt940(text(CREDIT).replace('VND0,\r\n', 'VND0,\r')).verdict).toMatchObject({ entries: 1 }));

  it('may name the bank with the account (:25P:)', () =>
    expect(
      mt940(text(CREDIT).replace(':25:1012345678', ':25P:1012345678\r\nBANKVNVX')).statements[0]?.head,
    ).toMatchObject({ account: '1012345678', sequence: '7/1' }));

  it.each([
    ['credit', ':90C:1VND1000,', []],
    ['credit', ':90C:1VND1001,', [{ code: 'declared_sum', figures: { declared: '1001', added: '1000' } }]],
    ['debit', ':90D:1VND5,', [{ code: 'declared_sum', figures: { declared: '5', added: '0' } }]],
  ])('compares the %s sum that it declares: %s', (_, line, findings) =>
    expect(mt940(text(CREDIT, ':86:NOP PHI', line)).statements[0]?.foot.findings).toMatchObject(findings),
  );

  it('reads the letter of a currency behind the mark, and a reversal by its sign', () => {
    const { foot } = mt940(text(':61:2611261126CD2500,NTRF', ':61:2611261126RC1500,NTRF')).statements[0] ?? {};
    expect(foot).toMatchObject({ credit: 2500n, debit: 1500n, reversals: 1, closes: true });
  });

  it.each([
    ['two closing balances', text(CREDIT, ':62F:C261126VND1000,'), 'record_misplaced'],
    ['a closing balance of a page and one of the whole', text(CREDIT, ':62M:C261126VND1000,'), 'record_misplaced'],
    ['two opening balances', text(':60F:C261126VND0,', CREDIT), 'record_misplaced'],
    ['a thousand that may be one', text(CREDIT.replace('1000,', '1.000')), 'amount_malformed'],
    ['thousands in groups', text(CREDIT.replace('1000,', '1.000.000,00')), 'line_malformed'],
    ['a minus behind an amount', text(CREDIT.replace('1000,', '1000,-')), 'line_malformed'],
    ['another account inside of a payer’s text', text(CREDIT, ':86:NOP PHI', ':25:9999999999'), 'field_twice'],
    ['another number inside of a payer’s text', text(CREDIT, ':86:NOP PHI', ':28C:8/1'), 'field_twice'],
    ['a declared sum that is none', text(CREDIT, ':90C:VND1000,'), 'line_malformed'],
    ['two declared sums', text(CREDIT, ':90C:1VND1000,', ':90C:1VND1000,'), 'field_twice'],
    ['the floor of a report of a day that goes on', text(':34F:VND0,', CREDIT), 'never_booked'],
  ])('with %s', (_, content, outcome) => expect(faultOf(mt940(content))).toBe(outcome));
});

describe('a BAI2 file', () => {
  const file = (lines: string[], { group = '1,261126,2400,VND,2', currency = 'VND' } = {}) =>
    [
      '01,BANK,THUPHI,261127,0100,1,,,2/',
      `02,THUPHI,BANK,${group}/`,
      `03,1012345678,${currency},010,0,,,015,1000,,/`,
      ...lines,
      `49,2000,${lines.length + 2}/`,
      `98,2000,1,${lines.length + 4}/`,
      `99,2000,1,${lines.length + 6}/`,
      '',
    ].join('\n');
  const CREDIT = '16,195,1000,0,FT1,TP1,NOP PHI/';

  it('goes on with a transaction’s fields where its first line ends before them', () => {
    const { entries, foot } = bai2(file(['16,195,1000,S,400/', '88,300,300,FT1/', '88,TP1,NOP PHI/', '88,LE PHI/']))
      .statements[0] ?? { entries: [] };
    expect(entries[0]).toMatchObject({ minor: 1000n, bankReference: 'FT1', text: 'NOP PHI LE PHI' });
    expect(entries[0]?.details[0]?.endToEndId).toBe('TP1');
    expect(foot).toMatchObject({ closes: true, findings: [] });
  });

  it('has the day on which the money is available, where it names one', () => {
    const later = CREDIT.replace(',0,FT1', ',V,261127,0900,FT1');
    expect(bai2(file([later])).statements[0]?.entries[0]).toMatchObject({
      ...{ bookingDay: '2026-11-26', valueDay: '2026-11-27', bankReference: 'FT1' },
    });
    expect(bai2(file([CREDIT])).statements[0]?.entries[0]?.valueDay).toBe('2026-11-26');
    expect(faultOf(bai2(file([later.replace('261127', '261132')])))).toBe('day_malformed');
  });

  it('may tell of an account in several records of a day: each is a statement of its own', () => {
    const account = '03,1012345678,VND,,,,/\n';
    const both = `${account}${CREDIT}\n49,1000,3/\n${account}${CREDIT.replace('FT1', 'FT2')}\n49,1000,3/\n`;
    const { statements } = bai2(
      `01,BANK,THUPHI,261127,0100,1,,,2/\n02,THUPHI,BANK,1,261126,2400,VND,2/\n${both}98,2000,2,8/\n99,2000,1,10/\n`,
    );
    expect(statements.map(({ head }) => head.sequence)).toEqual(['261126', '261126/2']);
  });

  it('takes no record out of a payer’s text', () => {
    const { verdict, statements } = bai2(file([CREDIT.replace('NOP PHI', 'NOP PHI/ 16,195,500,0,FT2,,')]));
    expect(verdict).toMatchObject({ kind: 'read', entries: 1 });
    expect(statements[0]?.foot.credit).toBe(1000n);
  });

  it.each([
    ['new', '1,261126,2400,VND,2', 'statement'],
    ['of no status', '0,261126,2400,VND,2', 'statement'],
    ['of a day that goes on', '1,261126,1200,VND,3', 'intraday'],
    ['an interim of the day before', '1,261126,1200,VND,1', 'intraday'],
    ['a deletion', '2,261126,2400,VND,2', 'intraday'],
    ['a correction', '3,261126,2400,VND,2', 'intraday'],
    ['a test', '4,261126,2400,VND,2', 'intraday'],
  ])('of a group that is %s is %s: %s', (_, group, kind) =>
    expect(bai2(file([CREDIT], { group })).statements[0]?.head.kind).toBe(kind),
  );

  it.each([
    ['an amount with a sign', file([CREDIT.replace('1000', '-1000')]), 'amount_malformed'],
    ['a currency that there is not', file([CREDIT], { currency: 'VNĐ' }), 'currency_missing'],
    ['an unknown status of its group', file([CREDIT], { group: '7,261126,2400,VND,2' }), 'line_malformed'],
  ])('with %s is refused', (_, content, code) => expect(faultOf(bai2(content))).toBe(code));
});
