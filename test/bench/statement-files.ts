import { createWriteStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { zip } from '../../shared/documents/zip.ts';

/** Files of any size for the readers, written in pieces: a writer that held one whole would say nothing about the reader. */

const ACCOUNT = '1012345678';
const AMOUNT = 10_000;
const PIECE = 2000;

/** One format: what stands before the entries, each entry, what stands after all of them. Amounts in dong. */
type Format = {
  head: (entries: number) => string;
  entry: (index: number) => string;
  foot: (entries: number, sum: number) => string;
};

const amountOf = (index: number): number => AMOUNT + (index % 9973) * 100;
const reference = (index: number): string => `FT26331${String(index).padStart(9, '0')}`;
const code = (index: number): string => `TP${String(700_000_000_000 + index)}`;

/** As banks' public samples are laid out: indented, a line for each element, parties and agents around the payment. */
const indented = (index: number): string =>
  `      <Ntry>
        <NtryRef>${index}</NtryRef>
        <Amt Ccy="VND">${amountOf(index)}</Amt>
        <CdtDbtInd>CRDT</CdtDbtInd>
        <RvslInd>false</RvslInd>
        <Sts>
          <Cd>BOOK</Cd>
        </Sts>
        <BookgDt>
          <Dt>2026-11-26</Dt>
        </BookgDt>
        <ValDt>
          <Dt>2026-11-26</Dt>
        </ValDt>
        <AcctSvcrRef>${reference(index)}</AcctSvcrRef>
        <BkTxCd>
          <Domn>
            <Cd>PMNT</Cd>
            <Fmly>
              <Cd>RCDT</Cd>
              <SubFmlyCd>DMCT</SubFmlyCd>
            </Fmly>
          </Domn>
          <Prtry>
            <Cd>NTRF</Cd>
            <Issr>BANK</Issr>
          </Prtry>
        </BkTxCd>
        <NtryDtls>
          <TxDtls>
            <Refs>
              <AcctSvcrRef>${reference(index)}</AcctSvcrRef>
              <EndToEndId>${code(index)}</EndToEndId>
            </Refs>
            <Amt Ccy="VND">${amountOf(index)}</Amt>
            <CdtDbtInd>CRDT</CdtDbtInd>
            <RltdPties>
              <Dbtr>
                <Pty>
                  <Nm>Nguyễn Văn Mẫu ${index % 977}</Nm>
                  <PstlAdr>
                    <Ctry>VN</Ctry>
                  </PstlAdr>
                </Pty>
              </Dbtr>
              <DbtrAcct>
                <Id>
                  <Othr>
                    <Id>${20_000_000_000 + index}</Id>
                  </Othr>
                </Id>
              </DbtrAcct>
            </RltdPties>
            <RltdAgts>
              <DbtrAgt>
                <FinInstnId>
                  <ClrSysMmbId>
                    <MmbId>970436</MmbId>
                  </ClrSysMmbId>
                </FinInstnId>
              </DbtrAgt>
            </RltdAgts>
            <RmtInf>
              <Ustrd>${code(index)} nộp phí, lệ phí &amp; thuế</Ustrd>
            </RmtInf>
          </TxDtls>
        </NtryDtls>
      </Ntry>
`;

export const formats = {
  camt: {
    head: () =>
      `<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-11-27T01:00:00+07:00</CreDtTm></GrpHdr><Stmt><Id>S1</Id><ElctrncSeqNb>1</ElctrncSeqNb><Acct><Id><Othr><Id>${ACCOUNT}</Id></Othr></Id><Ccy>VND</Ccy></Acct><Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="VND">0</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-26</Dt></Dt></Bal>\n`,
    entry: (index) => indented(index),
    foot: (_, sum) =>
      `<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="VND">${sum}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-26</Dt></Dt></Bal></Stmt></BkToCstmrStmt></Document>\n`,
  },
  mt940: {
    head: () => `:20:S1\r\n:25:${ACCOUNT}\r\n:28C:1/1\r\n:60F:C261126VND0,\r\n`,
    entry: (index) =>
      `:61:2611261126C${amountOf(index)},NTRF${code(index)}//${reference(index)}\r\n:86:${code(index)} NOP PHI LE PHI ${index % 977}\r\n`,
    foot: (_, sum) => `:62F:C261126VND${sum},\r\n-\r\n`,
  },
  bai2: {
    head: () => `01,BANK,THUPHI,261127,0100,1,,,2/\n02,THUPHI,BANK,1,261126,2400,VND,2/\n03,${ACCOUNT},VND,010,0,,/\n`,
    entry: (index) =>
      `16,195,${amountOf(index)},0,${reference(index)},${code(index)},${code(index)} NOP PHI ${index % 977}\n`,
    foot: (entries, sum) => `49,${sum},${entries + 2}/\n98,${sum},1,${entries + 4}/\n99,${sum},1,${entries + 6}/\n`,
  },
  table: {
    head: () => 'Ngày giao dịch,Số tài khoản,Số tham chiếu,Ghi có,Ghi nợ,Nội dung\r\n',
    entry: (index) =>
      `26/11/2026,${ACCOUNT},${reference(index)},${amountOf(index)},,${code(index)} nộp phí ${index % 977}\r\n`,
    foot: (_, sum) => `Tổng cộng,,,${sum},,\r\n`,
  },
  fixed: {
    head: () => `HR${ACCOUNT.padEnd(19)}20261126\r\n`,
    entry: (index) =>
      `DR${ACCOUNT.padEnd(19)}20261126${String(amountOf(index)).padStart(15, '0')}C${reference(index).padEnd(20)}${`${code(index)} NOP PHI`.padEnd(150)}\r\n`,
    foot: (entries, sum) =>
      `TR${String(entries).padStart(9, '0')}${String(sum).padStart(18, '0')}${'0'.repeat(18)}\r\n`,
  },
} as const satisfies Record<string, Format>;
export type FormatName = keyof typeof formats;

/** Writes a file of so many entries. Answers its size in bytes. */
export async function writeStatement(file: string, name: FormatName, entries: number): Promise<number> {
  const { head, entry, foot }: Format = formats[name];
  const to = await open(file, 'w');
  let size = 0;
  let sum = 0;
  const write = async (text: string) => {
    size += (await to.write(text)).bytesWritten;
  };
  await write(head(entries));
  for (let from = 0; from < entries; from += PIECE) {
    let text = '';
    for (let index = from; index < Math.min(entries, from + PIECE); index += 1) {
      text += entry(index);
      sum += amountOf(index);
    }
    await write(text);
  }
  await write(foot(entries, sum));
  await to.close();
  return size;
}

/** A spreadsheet as Excel writes it: the texts of its cells stand apart, each cell names its own. */
export async function writeSpreadsheet(file: string, entries: number): Promise<number> {
  const titles = ['Ngày giao dịch', 'Số tài khoản', 'Số tham chiếu', 'Ghi có', 'Ghi nợ', 'Nội dung'];
  const text = (at: string, place: number) => `<c r="${at}" t="s"><v>${place}</v></c>`;
  const inPieces = async function* (entry: (index: number) => string) {
    for (let from = 0; from < entries; from += PIECE) {
      let piece = '';
      for (let index = from; index < Math.min(entries, from + PIECE); index += 1) piece += entry(index);
      yield Buffer.from(piece);
    }
  };
  const strings = async function* () {
    const fixed = [...titles, ACCOUNT, '26/11/2026'].map((one) => `<si><t>${one}</t></si>`);
    yield Buffer.from(`<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">${fixed.join('')}`);
    yield* inPieces(
      (index) => `<si><t>${reference(index)}</t></si><si><t>${code(index)} nộp phí ${index % 977}</t></si>`,
    );
    yield Buffer.from('</sst>');
  };
  const [account, day, first] = [titles.length, titles.length + 1, titles.length + 2];
  const sheet = async function* () {
    const head = titles.map((_, at) => text(`${'ABCDEF'[at]}1`, at)).join('');
    yield Buffer.from(
      `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">${head}</row>`,
    );
    yield* inPieces((index) => {
      const row = index + 2;
      const place = first + 2 * index;
      const cells = text(`A${row}`, day) + text(`B${row}`, account) + text(`C${row}`, place);
      return `<row r="${row}">${cells}<c r="D${row}"><v>${amountOf(index)}</v></c>${text(`F${row}`, place + 1)}</row>`;
    });
    let sum = 0;
    for (let index = 0; index < entries; index += 1) sum += amountOf(index);
    const row = entries + 2;
    const total = `<c r="A${row}" t="inlineStr"><is><t>Tổng cộng</t></is></c><c r="D${row}"><v>${sum}</v></c>`;
    yield Buffer.from(`<row r="${row}">${total}</row></sheetData></worksheet>`);
  };
  const parts = [
    { name: 'xl/sharedStrings.xml', content: strings() },
    { name: 'xl/worksheets/sheet1.xml', content: sheet() },
  ];
  await pipeline(zip(parts), createWriteStream(file));
  return (await stat(file)).size;
}
