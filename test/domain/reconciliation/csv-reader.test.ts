import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CsvReader,
  MAX_FIELDS,
  MAX_RECORD_BYTES,
  MalformedCsv,
} from '../../../shared/domain/reconciliation/csv-reader.ts';

/** All records as texts, reading `chunk` bytes at a time. */
function records(text: string | Uint8Array, chunk = 3): string[][] {
  const reader = new CsvReader(',');
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  const found: string[][] = [];
  const take = (all: Iterable<{ count: number; text(field: number): string }>) => {
    for (const record of all) found.push(Array.from({ length: record.count }, (_, field) => record.text(field)));
  };
  for (let from = 0; from < bytes.length; from += chunk) take(reader.read(bytes.subarray(from, from + chunk)));
  take(reader.end());
  return found;
}

describe('reading CSV', () => {
  it.each([
    [
      'plain fields',
      'a,b\r\nc,d\r\n',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      'lines that end in LF only',
      'a,b\nc,d\n',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      'a last line without an end',
      'a,b\r\nc,d',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      'empty fields',
      ',\r\n,,\r\n',
      [
        ['', ''],
        ['', '', ''],
      ],
    ],
    ['a delimiter inside quotes', '"a,b",c\r\n', [['a,b', 'c']]],
    ['a doubled quote', '"say ""xin chào""",""\r\n', [['say "xin chào"', '']]],
    ['a line end inside quotes', '"a\r\nb",c\r\n', [['a\r\nb', 'c']]],
    ['a byte order mark', '\uFEFF"a",b\r\n', [['a', 'b']]],
    ['nothing', '', []],
  ])('takes %s', (_, text, expected) => {
    for (const chunk of [1, 2, 3, 1000]) expect(records(text, chunk)).toEqual(expected);
  });

  it.each([
    ['a quote that never closes', 'a,b\r\n"c,d\r\n', 'quotes_unbalanced', 2],
    ['a quote inside a bare field', 'a"b,c\r\n', 'quote_misplaced', 1],
    ['text after a closing quote', '"a"b,c\r\n', 'quote_misplaced', 1],
    ['a carriage return alone', 'a,b\rc,d\r\n', 'bare_carriage_return', 1],
    ['a NUL', 'a,b\r\nc\0,d\r\n', 'control_character', 2],
    ['a tab in a bare field', 'a\t,b\r\n', 'control_character', 1],
    ['a tab in a quoted field', '"a\t",b\r\n', 'control_character', 1],
    ['a record over the limit', `${'x'.repeat(MAX_RECORD_BYTES + 1)}\r\n`, 'record_too_long', 1],
    ['a quoted record over the limit', `"${'x'.repeat(MAX_RECORD_BYTES + 1)}"\r\n`, 'record_too_long', 1],
    ['too many fields', `${','.repeat(MAX_FIELDS)}\r\n`, 'too_many_fields', 1],
  ])('refuses %s', (_, text, fault, line) => {
    for (const chunk of [1, 5, 100_000])
      expect(() => records(text, chunk)).toThrow(expect.objectContaining({ name: 'MalformedCsv', fault, line }));
  });

  it('refuses what is not UTF-8', () => {
    for (const bytes of [[0xc3, 0x28], [0xff], [0xed, 0xa0, 0x80]])
      expect(() => records(Buffer.from([0x61, 0x2c, ...bytes, 0x0a]))).toThrow(MalformedCsv);
  });

  it('reads back whatever was quoted, wherever the chunks are cut', () => {
    const field = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', 'đ', '😀', ' '), maxLength: 6 });
    fc.assert(
      fc.property(
        fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { maxLength: 5 }),
        fc.integer({ min: 1, max: 9 }),
        (rows, chunk) => {
          const text = rows
            .map((row) => `${row.map((one) => `"${one.replaceAll('"', '""')}"`).join(',')}\r\n`)
            .join('');
          expect(records(text, chunk)).toEqual(rows);
        },
      ),
    );
  });
});
