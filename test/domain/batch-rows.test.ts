import { describe, expect, it } from 'vitest';
import { readBatchKey } from '../../shared/domain/batch/batch.ts';
import { MalformedBatch, type ReadRow, readRows } from '../../shared/domain/batch/read-rows.ts';
import { reportCsv } from '../../shared/domain/batch/report.ts';
import { readStrictJson } from '../../shared/runtime/strict-json.ts';

const HEADER = 'procedureCode,agencyCode,dossierCode,channel,submittedAt,payer.name';

async function* inChunks(text: string | Uint8Array, size: number): AsyncIterable<Uint8Array> {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function rowsOf(format: 'csv' | 'ndjson', text: string | Uint8Array, size = 7): Promise<ReadRow[]> {
  const rows: ReadRow[] = [];
  for await (const row of readRows(format, inChunks(text, size), readStrictJson)) rows.push(row);
  return rows;
}

const faultOf = (format: 'csv' | 'ndjson', text: string | Uint8Array) =>
  rowsOf(format, text).catch((error: unknown) => {
    if (error instanceof MalformedBatch) return [error.fault, error.line];
    throw error;
  });

describe('rows of a CSV', () => {
  it.each([1, 7, 64, 100_000])('read as the API’s own bodies, in chunks of %d', async (size) => {
    const text = [
      `${HEADER},payer.idNumber,debtor.name,notice.number,facts.quantity,facts.zone,facts,additional,dueAt`,
      '3.000347,H29.12,H29.12-261122-0001,online,2026-11-22T08:00:00+07:00,"Nguyễn Thị, Ví Dụ",001099000001,Công ty Mẫu,12/TB,3,I,"{""items"":[]}",true,',
      '3.000347,H29.12,H29.12-261122-0002,online,2026-11-22T08:00:00+07:00,Trần,,,,,,,,2026-12-01T00:00:00+07:00',
    ].join('\r\n');
    expect(await rowsOf('csv', text, size)).toEqual([
      {
        row: 1,
        line: 2,
        value: {
          procedureCode: '3.000347',
          agencyCode: 'H29.12',
          dossierCode: 'H29.12-261122-0001',
          channel: 'online',
          submittedAt: '2026-11-22T08:00:00+07:00',
          payer: { name: 'Nguyễn Thị, Ví Dụ', idNumber: '001099000001' },
          debtor: { name: 'Công ty Mẫu' },
          notice: { number: '12/TB' },
          facts: { quantity: 3, zone: 'I', items: [] },
          additional: true,
        },
      },
      {
        row: 2,
        line: 3,
        value: expect.objectContaining({ payer: { name: 'Trần' }, dueAt: '2026-12-01T00:00:00+07:00' }),
      },
    ]);
  });

  it('that has too few cells, or a fact that is no JSON, is unreadable and the next one is read', async () => {
    const text = `${HEADER},facts\n1,2\n${'a,'.repeat(6)}{bad}\n${'a,'.repeat(6)}\n`;
    expect((await rowsOf('csv', text)).map((row) => 'unreadable' in row)).toEqual([true, true, false]);
  });

  it.each([
    ['a column that is not known', `${HEADER},amount\n`],
    ['a column twice', `${HEADER},channel\n`],
    ['no agency', HEADER.replace('agencyCode,', '')],
    ['a prototype for a fact', `${HEADER},facts.__proto__\n`],
  ])('with %s in its header is refused whole', async (_, text) =>
    expect(await faultOf('csv', text)).toEqual(['header_wrong', 1]),
  );

  it('is refused whole from the line on which it is no CSV', async () => {
    expect(await faultOf('csv', `${HEADER}\na,b,c,d,e,f\na,"b,c\n`)).toEqual(['malformed_csv', 3]);
    const latin = new Uint8Array([...new TextEncoder().encode(`${HEADER}\na,b,c,d,e,`), 0xe9, 0x0a]);
    expect(await faultOf('csv', latin)).toEqual(['malformed_csv', 2]);
  });
});

describe('rows of JSON', () => {
  it.each([1, 5, 1000])('are objects a line, blank lines between them none, in chunks of %d', async (size) => {
    const text = '{"a":1}\n\n{"a":"ư"}\r\n  \n{"a":3}';
    expect(await rowsOf('ndjson', text, size)).toEqual([
      { row: 1, line: 1, value: { a: 1 } },
      { row: 2, line: 3, value: { a: 'ư' } },
      { row: 3, line: 5, value: { a: 3 } },
    ]);
  });

  it('that is no strict JSON is one unreadable row (scenario 56)', async () => {
    const rows = await rowsOf('ndjson', '{"a":1,"a":2}\n{"__proto__":{}}\n{"a":1e999}\n{"a":1}\n');
    expect(rows.map((row) => 'unreadable' in row)).toEqual([true, true, true, false]);
  });

  it('longer than 16 KiB is refused whole, before it is in memory (scenario 53)', async () =>
    expect(await faultOf('ndjson', `{"a":1}\n{"a":"${'x'.repeat(20_000)}"}\n`)).toEqual(['line_too_long', 2]));
});

describe('a report', () => {
  it('is CSV with inert cells (scenario 59)', () => {
    const text = reportCsv(
      [
        { row: 1, line: 2, outcome: 'created', dossierCode: 'H29.12-1', invoiceId: 'inv_480213567890', total: 135_000 },
        {
          row: 2,
          line: 3,
          outcome: 'refused',
          code: 'malformed_request',
          detail: { vi: '=A1', en: '=A1' },
          errors: [{ pointer: '/payer', message: 'required: object' }],
        },
      ],
      'vi',
    );
    expect(text.split('\r\n').slice(1)).toEqual([
      '1,2,created,H29.12-1,inv_480213567890,135000,,,',
      "2,3,refused,,,,malformed_request,'=A1,/payer: required: object",
      '',
    ]);
  });

  it('belongs to a key that reads back', () => {
    expect(readBatchKey(`batches/bat_${'0'.repeat(24)}.csv`)).toEqual({
      batchId: `bat_${'0'.repeat(24)}`,
      format: 'csv',
    });
    for (const key of ['batches/x.csv', `batches/bat_${'0'.repeat(24)}.exe`, `statements/bat_${'0'.repeat(24)}.csv`])
      expect(readBatchKey(key)).toBeUndefined();
  });
});
