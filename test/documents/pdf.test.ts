import { getDocument } from 'pdfjs-dist/legacy/build/pdf.mjs';
import { describe, expect, it } from 'vitest';
import { type PdfBlock, pdf, shown } from '../../shared/documents/pdf.ts';
import { reports } from '../../shared/domain/reports/reports.ts';
import { columns, PAID_AT, pages, row, whole } from './tables.ts';

const options = { title: 'Sổ chi tiết', language: 'vi', landscape: true, createdAt: PAID_AT } as const;
const bytesOf = (blocks: Iterable<PdfBlock> | AsyncIterable<PdfBlock>, footer = () => 'SHA-256 abc') =>
  whole(pdf(blocks, { ...options, footer }));

/** The words of each page, as another program reads them. */
async function read(bytes: Buffer): Promise<{ pages: string[]; title: string | undefined }> {
  const document = await getDocument({ data: new Uint8Array(bytes), verbosity: 0 }).promise;
  const texts: string[] = [];
  for (let number = 1; number <= document.numPages; number++) {
    const { items } = await (await document.getPage(number)).getTextContent();
    texts.push(items.map((item) => ('str' in item ? item.str : '')).join(' '));
  }
  const { info } = await document.getMetadata();
  return { pages: texts, title: (info as { Title?: string }).Title };
}

const table = (count: number, last?: Extract<PdfBlock, { kind: 'table' }>['last']): PdfBlock => ({
  kind: 'table',
  columns,
  rows: pages(Array.from({ length: count }, (_, index) => row(index))),
  last,
});

const ALPHABET = 'aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệghiìỉĩíịklmnoòỏõóọôồổỗốộơờởỡớợpqrstuùủũúụưừửữứựvxyỳỷỹýỵ';

describe('a PDF', () => {
  it('says to another reader every letter of Vietnamese, small and capital, composed or not', async () => {
    const text = `${ALPHABET} ${ALPHABET.toUpperCase()}`;
    const bytes = await bytesOf([
      { kind: 'text', text },
      { kind: 'text', text: text.normalize('NFD'), bold: true },
    ]);
    const [page] = (await read(bytes)).pages;
    expect(page?.replaceAll(' ', '').split(text.replaceAll(' ', ''))).toHaveLength(3);
  });

  it('brings the letters that it uses of its fonts, and no font of somebody else', async () => {
    const bytes = await bytesOf([{ kind: 'text', text: 'Thử' }]);
    const names = [...bytes.toString('latin1').matchAll(/\/FontName \/(\S+)/g)].map(([, name]) => name);
    expect(names).toEqual([expect.stringMatching(/^[A-Z]{6}\+DejaVuSansCondensed$/), expect.stringMatching(/-Bold$/)]);
    expect(bytes.length).toBeLessThan(60_000);
  });

  it('repeats titles and footer on every page, numbers the pages, and puts the totals under the last row', async () => {
    const bytes = await bytesOf([
      { kind: 'head', left: ['SỞ THỬ NGHIỆM'], right: ['CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM'] },
      { kind: 'title', title: { vi: 'Sổ chi tiết', en: 'Register' }, under: ['Ngày 27/11/2026'] },
      table(80, () => ['TỔNG CỘNG / TOTAL', null, null, null, null, 803_160]),
    ]);
    const { pages: texts, title } = await read(bytes);
    expect(title).toBe('Sổ chi tiết');
    expect(texts.length).toBeGreaterThan(2);
    for (const [index, text] of texts.entries()) {
      expect(text).toContain('Người nộp');
      expect(text).toContain('SHA-256 abc');
      expect(text.replaceAll(/\s+/g, ' ')).toContain(`Trang ${index + 1} / ${texts.length}`);
    }
    expect(texts[0]).toContain('SỔ CHI TIẾT');
    expect(texts.at(-1)).toMatch(/10\.079.*TỔNG CỘNG.*803\.160/s);
    const rows = texts.join(' ').match(/\b000\d+\b/g);
    expect(rows).toHaveLength(80);
  });

  it('asks for what stands below the rows, and for the footer, once they are drawn', async () => {
    let drawn = 0;
    async function* counted() {
      for await (const page of pages([row(1), row(2)], 1)) {
        drawn += page.length;
        yield page;
      }
    }
    async function* blocks(): AsyncGenerator<PdfBlock> {
      yield { kind: 'table', columns, rows: counted() };
      yield { kind: 'text', text: `${drawn} dòng` };
    }
    const { pages: texts } = await read(await bytesOf(blocks(), () => `sau ${drawn}`));
    expect(texts[0]).toContain('2 dòng');
    expect(texts[0]).toContain('sau 2');
  });

  it('breaks what is wider than its column, and loses none of it', async () => {
    const long = 'Ủy ban nhân dân phường Hữu Nghị Đặc Biệt thành phố Thử Nghiệm';
    const bytes = await bytesOf([
      { kind: 'table', columns, rows: pages([row(1, { 0: 'X'.repeat(90), 1: long })]) },
      {
        kind: 'signatures',
        parties: [{ title: { vi: 'Người lập biểu', en: 'Prepared by' }, note: '(Ký, họ tên)' }],
      },
      { kind: 'fields', fields: [{ label: 'Bằng chữ', value: 'Một trăm nghìn đồng' }] },
    ]);
    const [text] = (await read(bytes)).pages;
    expect(text?.match(/X/g)).toHaveLength(90);
    for (const word of [...long.split(' '), 'lập', 'chữ', 'nghìn']) expect(text).toContain(word);
  });

  it.each(reports.map((report) => [report.id, report] as const))(
    'of %s breaks no word of a title',
    async (_, report) => {
      const printed = report.columns.filter(({ digitalOnly }) => !digitalOnly);
      const [text = ''] = (await read(await bytesOf([{ kind: 'table', columns: printed, rows: pages([]) }]))).pages;
      const drawn = new Set(text.split(' '));
      const words = printed.flatMap(({ title }) => `${title.vi} ${title.en}`.split(' '));
      expect(words.filter((word) => !drawn.has(word))).toEqual([]);
    },
  );

  it('has the state’s motto in bold letters (Decree 30/2020/NĐ-CP)', async () => {
    const motto = 'Độc lập - Tự do - Hạnh phúc';
    const right = ['CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM', motto, 'Ngày 27 tháng 11 năm 2026'];
    const bytes = await bytesOf([{ kind: 'head', left: ['SỞ THỬ NGHIỆM', 'Sample department'], right }]);
    const page = await (await getDocument({ data: new Uint8Array(bytes), verbosity: 0 }).promise).getPage(1);
    const { items } = await page.getTextContent();
    const fontOf = (text: string) => {
      const item = items.find((one) => 'str' in one && one.str === text);
      return item && 'fontName' in item ? item.fontName : undefined;
    };
    expect(fontOf(motto)).toBe(fontOf('SỞ THỬ NGHIỆM'));
    expect(fontOf(motto)).not.toBe(fontOf('Ngày 27 tháng 11 năm 2026'));
  });

  it('never breaks a number, and leaves no signatures alone on a page', async () => {
    const narrow = [
      { title: { vi: 'Mã', en: 'Code' }, kind: 'text' as const, width: 60 },
      { title: { vi: 'Tiền', en: 'Sum' }, kind: 'amount' as const, width: 3 },
      { title: { vi: 'Việc', en: 'Matter' }, kind: 'text' as const, width: 60 },
    ];
    for (let count = 20; count < 40; count += 1) {
      const rows = pages(
        Array.from({ length: count }, () => ['DUPLICATE_PAYMENT', 123_456_789_012_345, 'việc'] as const),
      );
      const bytes = await bytesOf([
        { kind: 'table', columns: narrow, rows, last: () => ['TỔNG', 999_456_789_012_345, null] },
        { kind: 'fields', fields: [{ label: 'Thu', value: 'một đồng' }], beforeSignatures: true },
        { kind: 'signatures', parties: [{ title: { vi: 'Người lập', en: 'Prepared' } }] },
      ]);
      const { pages: texts } = await read(bytes);
      const all = texts.join(' ');
      expect(all.split('123.456.789.012.345')).toHaveLength(count + 1);
      expect(all).toContain('999.456.789.012.345');
      const last = texts.find((text) => text.includes('Người lập'));
      expect(last).toContain('một đồng');
    }
  });

  it('is the same bytes from the same rows', async () => {
    const once = () => bytesOf([table(50)]);
    expect((await once()).equals(await once())).toBe(true);
  });

  it.each([
    [1_234_567, 'amount', '1.234.567'],
    [-50_000, 'amount', '-50.000'],
    [100, 'count', '100'],
    [123_456, 'hundredths', '1.234,56'],
    [-5, 'hundredths', '-0,05'],
    ['2026-11-27', 'day', '27/11/2026'],
    [PAID_AT, 'instant', '27/11/2026 09:14:03'],
    [null, 'amount', ''],
    ['000123', 'text', '000123'],
  ] as const)('shows %j as %s as %s', (cell, kind, text) => expect(shown(cell, kind)).toBe(text));
});
