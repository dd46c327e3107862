import { describe, expect, it } from 'vitest';
import { csv } from '../../shared/documents/csv.ts';
import { columns, pages, row, whole } from './tables.ts';

const written = async (rows: Parameters<typeof pages>[0], last?: () => ReturnType<typeof row>) =>
  (await whole(csv({ columns, rows: pages(rows), last }))).toString();

describe('a table as comma-separated text', () => {
  it('begins with a byte order mark and the titles in both languages, and ends every line by CRLF', async () => {
    const text = await written([row(1)]);
    expect(text.startsWith('\uFEFFMã giao dịch / Transaction,Người nộp / Payer,')).toBe(true);
    expect(text.split('\r\n')).toEqual([
      expect.any(String),
      '0001,Nguyễn Thị Thử,2026-11-27T09:14:03+07:00,2026-11-27,78.50,10001',
      '',
    ]);
  });

  it('leaves empty what there is nothing to say about, and asks for the last row after the others', async () => {
    let sum = 0;
    const rows = function* () {
      for (const amount of [5, 6]) {
        sum += amount;
        yield row(1, { 5: amount });
      }
    };
    const text = await written(rows(), () => ['TỔNG CỘNG / TOTAL', null, null, null, null, sum]);
    expect(text.split('\r\n').at(-2)).toBe('TỔNG CỘNG / TOTAL,,,,,11');
  });

  it.each(['=HYPERLINK("http://x")', '@SUM(A1)', '\t=1', '+84', '-1'])(
    'makes %j inert text in a text column, and a negative amount stays a number',
    async (text) => {
      const line = (await written([row(1, { 1: text, 5: -50_000 })])).split('\r\n')[1];
      expect(line).toMatch(/^0001,"?'/);
      expect(line?.endsWith(',-50000')).toBe(true);
    },
  );

  it('refuses a row that does not fit its columns, and numbers that are not whole', async () => {
    await expect(written([['too', 'short']])).rejects.toThrow(RangeError);
    await expect(written([row(1, { 5: 0.5 })])).rejects.toThrow(RangeError);
    await expect(written([row(1, { 4: 78.5 })])).rejects.toThrow(RangeError);
  });
});
