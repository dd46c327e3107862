import { inflateRawSync } from 'node:zlib';
import ExcelJS from 'exceljs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SHEET_ROWS, type Sheet, xlsx } from '../../shared/documents/xlsx.ts';
import { columns, PAID_AT, pages, row, whole } from './tables.ts';

const table = (rows: Parameters<typeof pages>[0], over: Partial<Extract<Sheet, { kind: 'table' }>> = {}): Sheet => ({
  kind: 'table',
  name: 'Số liệu',
  columns,
  rows: pages(rows),
  ...over,
});

const bytesOf = (sheets: Iterable<Sheet>, order?: readonly string[]) =>
  whole(xlsx(sheets, { title: 'Sổ', ...(order && { order }) }));

/** The workbook as another program reads it. */
async function opened(sheets: Iterable<Sheet>, order?: readonly string[]): Promise<ExcelJS.Workbook> {
  const book = new ExcelJS.Workbook();
  await book.xlsx.load((await bytesOf(sheets, order)) as unknown as ExcelJS.Buffer);
  return book;
}

const sheetOf = (book: ExcelJS.Workbook, name: string): ExcelJS.Worksheet => {
  const sheet = book.getWorksheet(name);
  if (!sheet) throw new Error(`no sheet ${name}`);
  return sheet;
};

describe('a workbook', () => {
  it('says to another reader what was written: text, dong, shares, days and instants on the clock of Vietnam', async () => {
    const sheet = sheetOf(await opened([table([row(1)])]), 'Số liệu');
    const [transaction, payer, paidAt, day, share, amount] = [1, 2, 3, 4, 5, 6].map((at) => sheet.getCell(2, at));
    expect(transaction?.value).toBe('0001');
    expect(payer?.value).toBe('Nguyễn Thị Thử');
    // Excel has no zones: the cell shows 09:14:03, which exceljs tells as if it were UTC.
    expect(paidAt?.value).toEqual(new Date(PAID_AT + 7 * 3_600_000));
    expect(paidAt?.numFmt).toBe('dd/mm/yyyy hh:mm:ss');
    expect(day?.value).toEqual(new Date('2026-11-27'));
    expect(day?.numFmt).toBe('dd/mm/yyyy');
    expect([share?.value, share?.numFmt]).toEqual([78.5, '#,##0.00']);
    expect([amount?.value, amount?.numFmt]).toEqual([10_001, '#,##0']);
  });

  it('has its titles in both languages, frozen, filtered and repeated in print, and its columns wide enough', async () => {
    const sheet = sheetOf(await opened([table([row(1), row(2)])]), 'Số liệu');
    expect(sheet.getCell('A1').value).toBe('Mã giao dịch\nTransaction');
    expect(sheet.getCell('A1').font.bold).toBe(true);
    expect(sheet.views[0]).toMatchObject({ state: 'frozen', ySplit: 1 });
    expect(sheet.autoFilter).toBe('A1:F3');
    expect(sheet.pageSetup.printTitlesRow).toBe('1:1');
    expect(sheet.getColumn(1).width).toBe(22);
    // 999.999.999.999.999 is shown, not #####.
    expect(sheet.getColumn(6).width).toBe(21);
  });

  it('shows a cover first that was written last, when totals were known', async () => {
    let sum = 0;
    const last = () => {
      sum = 30_006;
      return ['TỔNG CỘNG / TOTAL', null, null, null, null, sum];
    };
    const sheets = function* (): Generator<Sheet> {
      yield table(
        [1, 2, 3].map((index) => row(index)),
        { last },
      );
      yield {
        kind: 'lines',
        name: 'Tổng hợp',
        lines: [
          ['Sổ chi tiết', null],
          ['Tổng / Total', sum],
          ['Mã', '007'],
        ],
      };
    };
    const book = await opened(sheets(), ['Tổng hợp', 'Số liệu']);
    expect(book.worksheets.map(({ name }) => name)).toEqual(['Tổng hợp', 'Số liệu']);
    const [cover, data] = [sheetOf(book, 'Tổng hợp'), sheetOf(book, 'Số liệu')];
    expect([cover.getCell('B2').value, cover.getCell('B3').value]).toEqual([30_006, '007']);
    expect([data.getCell('A5').value, data.getCell('F5').value]).toEqual(['TỔNG CỘNG / TOTAL', 30_006]);
    expect(data.getCell('F5').font.bold).toBe(true);
  });

  it.each(['=HYPERLINK("http://x")', '@SUM(A1)', '+1', '\t=1'])(
    'keeps %j as text, never as a formula',
    async (text) => {
      const cell = sheetOf(await opened([table([row(1, { 1: text })])]), 'Số liệu').getCell('B2');
      expect(cell.type).toBe(ExcelJS.ValueType.String);
      expect(cell.value).toBe(text);
    },
  );

  it('keeps every digit of a sum that Excel would round: past fifteen it is text', async () => {
    const rows = [999_999_999_999_999, 1_000_000_000_000_001].map((amount) => row(1, { 5: amount }));
    const sheet = sheetOf(await opened([table(rows)]), 'Số liệu');
    expect([sheet.getCell('F2').value, sheet.getCell('F3').value]).toEqual([999_999_999_999_999, '1000000000000001']);
  });

  it('keeps any text that it is given', () =>
    fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 40 }), async (text) => {
        const xml = sheetXml(await bytesOf([table([row(1, { 1: text })])]), 'xl/worksheets/sheet1.xml');
        const cell = /<c r="B2"[^>]*><is><t xml:space="preserve">([^<]*)</.exec(xml)?.[1] ?? '';
        expect(unescaped(cell)).toBe(text);
      }),
      { numRuns: 60 },
    ));

  it.each([
    ['\u0000', '_x0000_'],
    ['\ud800', '_xD800_'],
    ['_x0041_', '_x005F_x0041_'],
    ['<&>', '&lt;&amp;&gt;'],
  ])('writes %j as %s', async (text, escaped) => {
    expect(sheetXml(await bytesOf([table([row(1, { 1: text })])]), 'xl/worksheets/sheet1.xml')).toContain(
      `>${escaped}<`,
    );
  });

  it('goes on in a second sheet where one is full, and every row is in one of them', async () => {
    const most = SHEET_ROWS - 2;
    const narrow = columns.slice(5);
    const rows = (function* () {
      for (let index = 0; index <= most; index++) yield [1];
    })();
    const bytes = await bytesOf([
      { kind: 'table', name: 'Số liệu', columns: narrow, rows: pages(rows, 10_007), last: () => [most + 1] },
    ]);
    const [first, second] = ['sheet1', 'sheet2'].map((name) => sheetXml(bytes, `xl/worksheets/${name}.xml`));
    const count = (xml: string | undefined) => (xml?.match(/<row /g)?.length ?? 0) - 1;
    expect([count(first), count(second)]).toEqual([most, 2]);
    expect(second).toContain(`<v>${most + 1}</v>`);
    expect(sheetXml(bytes, 'xl/workbook.xml')).toContain('name="Số liệu (2)"');
  });

  it('is the same bytes from the same rows', async () => {
    const once = () => bytesOf([table([row(1), row(2)])]);
    expect((await once()).equals(await once())).toBe(true);
  });

  it('refuses names that Excel would not open, sheets told twice, and what is no whole number', async () => {
    await expect(bytesOf([table([], { name: 'a/b' })])).rejects.toThrow(RangeError);
    await expect(bytesOf([table([]), table([])])).rejects.toThrow(RangeError);
    await expect(bytesOf([table([row(1, { 5: 0.5 })])])).rejects.toThrow(RangeError);
    await expect(bytesOf([table([row(1, { 1: 'x'.repeat(32_768) })])])).rejects.toThrow(RangeError);
    await expect(bytesOf([table([['short']])])).rejects.toThrow(RangeError);
  });
});

/** One entry of an archive, by its central directory. */
function sheetXml(bytes: Buffer, name: string): string {
  const end = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  let at = bytes.readUInt32LE(end + 16);
  for (let entry = bytes.readUInt16LE(end + 10); entry > 0; entry--) {
    const [nameLength, extra] = [bytes.readUInt16LE(at + 28), bytes.readUInt16LE(at + 30)];
    if (bytes.toString('utf8', at + 46, at + 46 + nameLength) === name) {
      const local = bytes.readUInt32LE(at + 42);
      const data = local + 30 + bytes.readUInt16LE(local + 26);
      return inflateRawSync(bytes.subarray(data, data + bytes.readUInt32LE(at + 20))).toString();
    }
    at += 46 + nameLength + extra;
  }
  throw new Error(`no ${name}`);
}

const unescaped = (xml: string): string =>
  xml
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replace(/_x([0-9A-F]{4})_/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
