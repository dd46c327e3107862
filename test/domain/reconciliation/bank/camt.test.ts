import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CamtReader } from '../../../../shared/domain/reconciliation/bank/camt.ts';
import { MAX_DEPTH, MAX_TOKEN } from '../../../../shared/domain/reconciliation/bank/xml.ts';
import { gather } from './gather.ts';

/** A statement of an invented bank: two credits in dong, one entry of three payments, one pending entry. */
const entry = (inside: string) => `<Ntry>${inside}</Ntry>`;
const credit = (amount: string, more = '') =>
  entry(
    `<Amt Ccy="VND">${amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-11-26</Dt></BookgDt>${more}`,
  );
const details = (...amounts: string[]) =>
  `<NtryDtls>${amounts.map((amount) => `<TxDtls><Refs><EndToEndId>E${amount}</EndToEndId></Refs><Amt Ccy="VND">${amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><RmtInf><Ustrd>Nop phi TP5303367653220</Ustrd></RmtInf></TxDtls>`).join('')}</NtryDtls>`;
const balance = (code: string, amount: string) =>
  `<Bal><Tp><CdOrPrtry><Cd>${code}</Cd></CdOrPrtry></Tp><Amt Ccy="VND">${amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-26</Dt></Dt></Bal>`;
const statement = (inside: string, account = '<Acct><Id><Othr><Id>1234567890</Id></Othr></Id><Ccy>VND</Ccy></Acct>') =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>M1</MsgId></GrpHdr><Stmt><Id>S1</Id><ElctrncSeqNb>330</ElctrncSeqNb>${account}${inside}</Stmt></BkToCstmrStmt></Document>`;

const GOOD = statement(
  balance('OPBD', '1000000') +
    balance('CLBD', '1735000') +
    credit('135000', '<AcctSvcrRef>FT26330001</AcctSvcrRef>') +
    credit('600000', details('100000', '200000', '300000')) +
    entry('<Amt Ccy="VND">5000</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>PDNG</Cd></Sts>'),
);

const bytes = (text: string) => new TextEncoder().encode(text);
const read = (text: string | Uint8Array, size?: number) =>
  gather((sink) => new CamtReader(sink), typeof text === 'string' ? bytes(text) : text, size);
const faultOf = (text: string | Uint8Array) => {
  const { verdict } = read(text);
  return verdict.kind === 'refused' ? verdict.fault.code : verdict.kind;
};

describe('a camt statement in dong', () => {
  it('is read with whole dong: the currency has no smaller unit', () => {
    const { verdict, statements } = read(GOOD);
    expect(verdict).toEqual({ kind: 'read', statements: 1, entries: 3 });
    const [found] = statements;
    expect(found?.head).toEqual({
      format: 'camt.053',
      kind: 'statement',
      id: 'S1',
      sequence: '330',
      account: '1234567890',
      currency: 'VND',
    });
    expect(found?.entries.map(({ minor }) => minor)).toEqual([135_000n, 600_000n, 5_000n]);
    expect(found?.entries[0]).toMatchObject({ bankReference: 'FT26330001', bookingDay: '2026-11-26', booked: true });
    expect(found?.foot).toMatchObject({
      credit: 735_000n,
      debit: 0n,
      closes: true,
      notBooked: 1,
      details: 3,
      findings: [],
    });
  });

  it('tells the payments of one entry apart, with the payer’s text', () => {
    const [found] = read(GOOD).statements;
    expect(found?.entries[1]?.details.map(({ minor, endToEndId, text }) => [minor, endToEndId, text])).toEqual([
      [100_000n, 'E100000', 'Nop phi TP5303367653220'],
      [200_000n, 'E200000', 'Nop phi TP5303367653220'],
      [300_000n, 'E300000', 'Nop phi TP5303367653220'],
    ]);
  });

  it.each([
    ['<NbOfTxs>2</NbOfTxs>', { declared: '2', counted: '3' }],
    ['<NbOfTxs>3</NbOfTxs><TtlAmt Ccy="VND">600001</TtlAmt>', { declared: '600001', added: '600000' }],
    ['<NbOfTxs>3</NbOfTxs><TtlAmt Ccy="VND">600000</TtlAmt>', undefined],
  ])('is reported where an entry says of its batch what its payments do not come to: %s', (said, figures) => {
    const batch = details('100000', '200000', '300000').replace('<NtryDtls>', `<NtryDtls><Btch>${said}</Btch>`);
    const [found] = read(GOOD.replace(details('100000', '200000', '300000'), batch)).statements;
    expect(found?.foot.findings).toEqual(
      figures ? [{ code: 'batch_differs', figures: { position: '2', ...figures } }] : [],
    );
    const alone = `<NtryDtls><Btch>${said}</Btch></NtryDtls>`;
    const [untold] = read(GOOD.replace(details('100000', '200000', '300000'), alone)).statements;
    expect(untold?.foot.findings).toEqual([]);
  });

  it('is reported, and not mended, where payments do not add up to their entry or the balances do not close', () => {
    const [found] = read(
      statement(balance('OPBD', '0') + balance('CLBD', '9') + credit('600000', details('100000', '200000'))),
    ).statements;
    expect(found?.foot.findings).toEqual([
      { code: 'details_differ', figures: { position: '1', entry: '600000', details: '300000' } },
      { code: 'balance_break', figures: { opening: '0', booked: '600000', closing: '9' } },
    ]);
    expect(found?.entries[0]?.minor).toBe(600_000n);
  });

  it('reads alike however its bytes arrive', () => {
    const whole = read(GOOD, 1 << 20);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), (size) => {
        expect(read(GOOD, size)).toEqual(whole);
      }),
      { numRuns: 60 },
    );
  });

  it('keeps two equal entries of one day apart by their place', () => {
    const [found] = read(statement(credit('50000') + credit('50000'))).statements;
    expect(found?.entries.map(({ position, minor }) => [position, minor])).toEqual([
      [1, 50_000n],
      [2, 50_000n],
    ]);
  });
});

describe('a camt file that is wrong is refused whole', () => {
  const amounts: [string, string][] = [
    ['12..34', 'amount_malformed'],
    ['1,000,000', 'amount_malformed'],
    ['1e5', 'amount_malformed'],
    ['-5', 'amount_malformed'],
    ['0x10', 'amount_malformed'],
    ['', 'amount_malformed'],
    ['１０００', 'amount_malformed'],
    ['1000.5', 'amount_too_fine'],
    ['9999999999999999999', 'amount_malformed'],
  ];
  it.each(amounts)('for an amount like %s', (amount, code) => expect(faultOf(statement(credit(amount)))).toBe(code));

  it('though zeros after the point are no other amount', () => {
    expect(read(statement(credit('1000.00'))).statements[0]?.entries[0]?.minor).toBe(1000n);
  });

  const files: [string, string | Uint8Array, string][] = [
    ['nothing', '', 'empty'],
    ['another message', '<Document><CstmrCdtTrfInitn/></Document>', 'unknown_message'],
    ['no statement', '<Document><BkToCstmrStmt><GrpHdr/></BkToCstmrStmt></Document>', 'empty'],
    ['no account', statement(credit('1'), ''), 'account_missing'],
    ['an entry without a direction', statement(entry('<Amt Ccy="VND">5</Amt>')), 'direction_missing'],
    ['an entry without a currency', statement(entry('<Amt>5</Amt><CdtDbtInd>CRDT</CdtDbtInd>')), 'currency_missing'],
    ['30 February', GOOD.replace('2026-11-26', '2026-02-30'), 'day_malformed'],
    ['a DOCTYPE', `<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>${GOOD.slice(39)}`, 'doctype'],
    ['an entity', GOOD.replace('Nop phi', '&j;'), 'entity_unknown'],
    ['half an entity', GOOD.replace('Nop phi', '&amp'), 'entity_unknown'],
    ['a character reference to none', GOOD.replace('Nop phi', '&#0;'), 'entity_unknown'],
    ['a surrogate', GOOD.replace('Nop phi', '&#xD800;'), 'entity_unknown'],
    ['NUL', GOOD.replace('Nop phi', '\u0000'), 'control_character'],
    ['bytes that are no UTF-8', bytes(GOOD).map((byte) => (byte === 0x4e ? 0xff : byte)), 'not_utf8'],
    ['another encoding', GOOD.replace('UTF-8', 'UTF-16'), 'not_utf8'],
    ['crossed tags', '<Document><BkToCstmrStmt></Document></BkToCstmrStmt>', 'not_xml'],
    ['two roots', `${GOOD}<Document/>`, 'not_xml'],
    ['text after the root', `${GOOD}x`, 'not_xml'],
    ['text and no XML', 'hello', 'not_xml'],
  ];
  it.each(files)('for %s', (_, file, code) => expect(faultOf(file)).toBe(code));

  it('wherever it is cut', () => {
    for (let length = 1; length < GOOD.length; length += 7)
      expect(read(GOOD.slice(0, length)).verdict.kind, `${length} bytes`).toBe('refused');
  });

  it('with the line on which it goes wrong', () => {
    const lines = `${GOOD.replaceAll('<Ntry>', '\n<Ntry>').replace('135000', '12..34')}`;
    expect(read(lines).verdict).toEqual({ kind: 'refused', fault: { line: 3, code: 'amount_malformed' } });
  });
});

describe('hostile XML is refused at once, in bounded memory (scenario 60)', () => {
  it('for nesting that is too deep', () => {
    expect(faultOf('<a>'.repeat(200_000))).toBe('too_deep');
    expect(faultOf(`<Document>${'<a>'.repeat(MAX_DEPTH)}`)).toBe('too_deep');
  });

  it('for a token without an end', () => {
    for (const opening of ['<', '<a b="', '<!--', '<![CDATA[', '<?xml ', 'x', `<a b="${'>'.repeat(MAX_TOKEN)}`])
      expect(faultOf(`<Document>${opening}${'y'.repeat(MAX_TOKEN + 1)}`), opening.slice(0, 9)).toBe('token_too_long');
  });

  it('for names of prototypes, which are elements like any other', () => {
    expect(read(statement(`<__proto__><constructor>1</constructor></__proto__>${credit('5')}`)).verdict.kind).toBe(
      'read',
    );
    expect(faultOf('<constructor/>')).toBe('unknown_message');
  });

  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('<', '>', '/', 'Ntry', 'Stmt', ' ', '"', '&', ';', '!', '-', '[', 'é', '\n')),
        (parts) => {
          read(parts.join(''), 3);
          read(GOOD.replace('<Ntry>', parts.join('')), 50);
        },
      ),
      { numRuns: 500 },
    );
  });
});
