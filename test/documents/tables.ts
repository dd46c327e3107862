import type { Cells, RowPages, TableColumn } from '../../shared/domain/reports/table.ts';

/** What several tests of documents write. */

export const columns: readonly TableColumn[] = [
  { title: { vi: 'Mã giao dịch', en: 'Transaction' }, kind: 'text', width: 20 },
  { title: { vi: 'Người nộp', en: 'Payer' }, kind: 'text', width: 24 },
  { title: { vi: 'Thời điểm', en: 'Paid at' }, kind: 'instant', width: 18 },
  { title: { vi: 'Ngày hạch toán', en: 'Accounting date' }, kind: 'day', width: 12 },
  { title: { vi: 'Tỷ lệ (%)', en: 'Share (%)' }, kind: 'hundredths', width: 10 },
  { title: { vi: 'Số tiền (đồng)', en: 'Amount (VND)' }, kind: 'amount', width: 16 },
];

/** 27 November 2026, 09:14:03 in Vietnam. */
export const PAID_AT = Date.parse('2026-11-27T09:14:03+07:00');

export const row = (index: number, over: Partial<Record<number, Cells[number]>> = {}): Cells =>
  [`000${index}`, 'Nguyễn Thị Thử', PAID_AT, '2026-11-27', 7850, 10_000 + index].map((cell, at) =>
    at in over ? (over[at] ?? null) : cell,
  );

/** Rows in pages of a size. */
export async function* pages(rows: Iterable<Cells>, size = 100): RowPages & AsyncGenerator<readonly Cells[]> {
  let page: Cells[] = [];
  for (const one of rows) {
    page.push(one);
    if (page.length === size) {
      yield page;
      page = [];
    }
  }
  if (page.length > 0) yield page;
}

/** All of a stream. */
export async function whole(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
