import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { FixedReader } from '../../../../shared/domain/reconciliation/bank/fixed.ts';
import {
  type FixedMap,
  type StatementMap,
  statementMapFor,
  statementMaps,
  type TableMap,
} from '../../../../shared/domain/reconciliation/bank/maps.ts';
import { DelimitedReader } from '../../../../shared/domain/reconciliation/bank/table.ts';
import { readXlsx } from '../../../../shared/domain/reconciliation/bank/xlsx.ts';
import { unpacker } from '../../../../shared/usecases/take-in-bank-file.ts';
import { gather, gatheringSink } from './gather.ts';

const FOLDER = path.resolve(import.meta.dirname, '../../../../../shared/domain/statements');
const there = existsSync(FOLDER);
const mapOf = <M extends StatementMap>(id: string) => statementMapFor(id) as M;
const table = mapOf<TableMap>('bank-table.statement.v1');

const HEADER = 'Ngày giao dịch,Số tham chiếu,Nội dung,Ghi nợ,Ghi có,Số dư';
const ROWS = ['20/11/2026,FT1,Nop phi,,"1.350.000","2.350.000"', '20/11/2026,FT2,Phi dich vu,11.000,,2.339.000'];
const TRAILER = 'Tổng cộng,,,11.000,1.350.000,';
const csv = (...lines: string[]) => Buffer.from(`${lines.join('\r\n')}\r\n`);
const read = (bytes: Uint8Array, size?: number, map = table) =>
  gather((sink) => new DelimitedReader(map, sink, '1234567890'), bytes, size);

describe('a table of a bank', () => {
  it('is read by the names of its columns, in any order, below the bank’s letterhead', () => {
    const { verdict, statements } = read(csv('NGÂN HÀNG MẪU', 'Sao kê tài khoản', '', HEADER, ...ROWS, TRAILER));
    expect(verdict).toEqual({ kind: 'read', statements: 1, entries: 2 });
    expect(statements[0]?.head.account).toBe('1234567890');
    expect(
      statements[0]?.entries.map(({ minor, bankReference, bookingDay }) => [minor, bankReference, bookingDay]),
    ).toEqual([
      [1_350_000n, 'FT1', '2026-11-20'],
      [-11_000n, 'FT2', '2026-11-20'],
    ]);
    expect(statements[0]?.foot).toMatchObject({ credit: 1_350_000n, debit: 11_000n, findings: [] });
  });

  it('says that its sums differ, by one dong', () => {
    const wrong = read(csv(HEADER, ...ROWS, TRAILER.replace('1.350.000', '1.350.001')));
    expect(wrong.statements[0]?.foot.findings).toMatchObject([
      { code: 'control_total', figures: { declared: '1350001', counted: '1350000' } },
    ]);
  });

  it.each([
    ['12..34', 'amount_malformed'],
    ['1.35.000', 'amount_malformed'],
    ['1350000;5', 'amount_malformed'],
    ['1.350.000,5', 'amount_too_fine'],
    ['-5', 'amount_malformed'],
    ['1e6', 'amount_malformed'],
    ['１３５', 'amount_malformed'],
  ])('never reads %s as an amount', (amount, code) =>
    expect(read(csv(HEADER, `20/11/2026,FT1,x,,"${amount}",`, TRAILER)).verdict).toMatchObject({
      fault: { code, line: 2 },
    }),
  );

  it.each([
    ['a day that is none', ['30/02/2026,FT1,x,,100,'], 'day_malformed'],
    ['neither credit nor debit', ['20/11/2026,FT1,x,,,'], 'direction_missing'],
    ['both credit and debit', ['20/11/2026,FT1,x,5,5,'], 'direction_missing'],
    ['a line after its sums', [ROWS[0] ?? '', TRAILER, ROWS[1] ?? ''], 'line_after_trailer'],
    ['no sums', [ROWS[0] ?? ''], 'trailer_missing'],
  ])('with %s is refused', (_, rows, code) => {
    const end = code === 'trailer_missing' || code === 'line_after_trailer' ? [] : [TRAILER];
    expect(read(csv(HEADER, ...rows, ...end)).verdict).toMatchObject({ kind: 'refused', fault: { code } });
  });

  it.each([
    ['1.000-', -1000n],
    ['-1.000', -1000n],
    ['(1.000)', -1000n],
    ['+1.000', 1000n],
    ['1.000', 1000n],
  ])('has its sign where the bookkeeper put it: %s', (amount, minor) => {
    const signed = {
      ...table,
      sign: { kind: 'amount' as const },
      columns: { ...table.columns, amount: ['Số tiền'] },
      trailer: null,
    };
    const found = read(csv('Ngày,Số tiền', `20/11/2026,${amount}`), 61, signed);
    expect(found.statements[0]?.entries[0]?.minor).toBe(minor);
    // Nothing in it proves it.
    expect(found.statements[0]?.foot.findings).toMatchObject([{ code: 'balance_missing' }]);
  });

  it('with a column that nobody knows, or twice, or without one, is refused', () => {
    expect(read(csv(`${HEADER},Lạ`, ...ROWS)).verdict).toMatchObject({
      fault: { code: 'column_missing', figures: { column: '#7' } },
    });
    expect(read(csv(`${HEADER},Credit`, ...ROWS)).verdict).toMatchObject({ fault: { code: 'column_twice' } });
    expect(read(csv(...Array.from({ length: 30 }, () => 'a,b'))).verdict).toMatchObject({
      fault: { code: 'column_missing' },
    });
  });

  it('reads the same however its bytes arrive, and a cut one is never taken for whole', () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 400 }), (size, cut) => {
        const whole = csv(HEADER, ...ROWS, TRAILER);
        expect(read(whole, size)).toEqual(read(whole));
        const part = read(whole.subarray(0, Math.max(0, whole.length - TRAILER.length - cut)), size);
        expect(part.verdict.kind).toBe('refused');
      }),
    ));
});

/** A spreadsheet as a zip of two parts, written by hand so that each of its bytes can be wrong. */
function xlsx(parts: Record<string, string>, lie: { unfolded?: number; method?: number; crc?: number } = {}): Buffer {
  const files = Object.entries(parts).map(([name, text]) => {
    const content = Buffer.from(text);
    return { name: Buffer.from(name), content, data: deflateRawSync(content) };
  });
  const bodies: Buffer[] = [];
  const entries: Buffer[] = [];
  let offset = 0;
  for (const { name, content, data } of files) {
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(name.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(lie.method ?? 8, 10);
    entry.writeUInt32LE(lie.crc ?? crc32(content), 16);
    entry.writeUInt32LE(data.length, 20);
    entry.writeUInt32LE(lie.unfolded ?? content.length, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(offset, 42);
    bodies.push(local, name, data);
    entries.push(entry, name);
    offset += local.length + name.length + data.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(
    entries.reduce((sum, { length }) => sum + length, 0),
    12,
  );
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...bodies, ...entries, end]);
}

const SHEET = 'xl/worksheets/sheet1.xml';
const cell = (at: string, value: string | number) =>
  typeof value === 'number'
    ? `<c r="${at}"><v>${value}</v></c>`
    : `<c r="${at}" t="inlineStr"><is><t>${value}</t></is></c>`;
const sheet = (rows: (string | number)[][]) =>
  `<worksheet><sheetData>${rows
    .map(
      (cells, row) =>
        `<row r="${row + 1}">${cells.map((value, at) => (value === '' ? '' : cell(`${'ABCDEF'[at]}${row + 1}`, value))).join('')}</row>`,
    )
    .join('')}</sheetData></worksheet>`;
/** A spreadsheet in memory, which arrives in pieces of so many bytes, with texts in memory too. */
const readSheet = async (bytes: Uint8Array, pieces = 61) => {
  const file = {
    size: bytes.length,
    async *part(from: number, to: number) {
      for (let at = from; at < to; at += pieces) yield bytes.subarray(at, Math.min(to, at + pieces));
    },
  };
  const kept: string[] = [];
  const texts = {
    get size() {
      return kept.length;
    },
    add: (text: string) => kept.push(text),
    at: (place: number) => kept[place],
  };
  const { sink, statements } = gatheringSink();
  const reading = { map: table, sink, account: '1234567890', unpacker, texts, between: async () => {} };
  return { verdict: await readXlsx(file, reading), statements };
};

describe('a spreadsheet of a bank', () => {
  const header = ['Ngày giao dịch', 'Số tham chiếu', 'Nội dung', 'Ghi nợ', 'Ghi có'];
  const rows = [
    header,
    [46_346, 'FT1', 'Nop phi', '', 1_350_000],
    ['20/11/2026', 'FT2', '', '11.000', ''],
    ['Tổng cộng', '', '', 11_000, 1_350_000],
  ];

  it('is read as a table: numbers are numbers, days may be counted', async () => {
    const { verdict, statements } = await readSheet(xlsx({ [SHEET]: sheet(rows) }));
    expect(verdict).toEqual({ kind: 'read', statements: 1, entries: 2 });
    expect(statements[0]?.entries.map(({ minor, bookingDay }) => [minor, bookingDay])).toEqual([
      [1_350_000n, '2026-11-20'],
      [-11_000n, '2026-11-20'],
    ]);
    expect(statements[0]?.foot.findings).toEqual([]);
  });

  const booked = (day: string, amount: string, type = 'n') =>
    sheet([header, ['@', 'FT1', '', '', '#'], ['Tổng cộng', '', '', '', 13_500_000]])
      .replace('<c r="A2" t="inlineStr"><is><t>@</t></is></c>', day)
      .replace('<c r="E2" t="inlineStr"><is><t>#</t></is></c>', `<c r="E2" t="${type}"><v>${amount}</v></c>`);
  const DAY = '<c r="A2"><v>46346</v></c>';

  it.each(['1.35E7', '1.35e+7', '135E5', '13500000.0', '1350000000E-2'])(
    'has 13,5 million written %s',
    async (amount) => {
      const { statements } = await readSheet(xlsx({ [SHEET]: booked(DAY, amount) }));
      expect(statements[0]?.entries[0]?.minor).toBe(13_500_000n);
      expect(statements[0]?.foot.findings).toEqual([]);
    },
  );

  it.each([
    ['1.35E-3', 'n', 'amount_too_fine'],
    ['1E99', 'n', 'amount_malformed'],
    ['1', 'b', 'amount_malformed'],
    ['#REF!', 'e', 'line_malformed'],
  ])('never reads %s of type %s as an amount', async (amount, type, code) =>
    expect((await readSheet(xlsx({ [SHEET]: booked(DAY, amount, type) }))).verdict).toMatchObject({ fault: { code } }),
  );

  it.each([
    ['<workbookPr/>', 46_346],
    ['<workbookPr date1904="false"/>', 46_346],
    ['<workbookPr date1904="1"/>', 44_884],
    ['<workbookPr date1904="true"/>', 44_884],
  ])('counts its days from where its workbook says: %s', async (properties, serial) => {
    const { statements } = await readSheet(
      xlsx({
        'xl/workbook.xml': `<workbook>${properties}<sheets><sheet name="A" sheetId="1" r:id="r1"/></sheets></workbook>`,
        'xl/_rels/workbook.xml.rels': `<Relationships><Relationship Id="r1" Target="worksheets/sheet1.xml"/></Relationships>`,
        [SHEET]: booked(`<c r="A2"><v>${serial}</v></c>`, '13500000'),
      }),
    );
    expect(statements[0]?.entries[0]?.bookingDay).toBe('2026-11-20');
  });

  it('may have its days as the standard of dates writes them', async () => {
    const { statements } = await readSheet(
      xlsx({ [SHEET]: booked('<c r="A2" t="d"><v>2026-11-20T00:00:00</v></c>', '13500000') }),
    );
    expect(statements[0]?.entries[0]?.bookingDay).toBe('2026-11-20');
  });

  it('has texts that its cells share, and one that is not there is refused', async () => {
    const shared = (place: number) => sheet(rows).replace(cell('B2', 'FT1'), `<c r="B2" t="s"><v>${place}</v></c>`);
    const strings = '<sst><si><t>other</t></si><si><r><t>FT</t></r><r><t>1</t></r><rPh><t>reading</t></rPh></si></sst>';
    const book = (place: number) => xlsx({ 'xl/sharedStrings.xml': strings, [SHEET]: shared(place) });
    const { statements } = await readSheet(book(1));
    expect(statements[0]?.entries.map(({ bankReference }) => bankReference)).toEqual(['FT1', 'FT2']);
    expect((await readSheet(book(2))).verdict).toMatchObject({ fault: { code: 'line_malformed', line: 2 } });
  });

  it('is read whichever quotes its attributes stand in', async () => {
    const single = await readSheet(xlsx({ [SHEET]: sheet(rows).replaceAll('"', "'") }));
    expect(single).toEqual(await readSheet(xlsx({ [SHEET]: sheet(rows) })));
    expect(single.verdict).toMatchObject({ kind: 'read', entries: 2 });
  });

  const amount = '<c r="E2"><v>1350000</v></c>';
  it.each([
    ['a cell twice', `${amount}<c r="E2"><v>1</v></c>`],
    ['a cell that goes back', `${amount}<c r="D2"><v>1</v></c>`],
    ['a cell of two values', '<c r="E2"><v>1350000</v><v>00</v></c>'],
    ['a cell of a place that is none', '<c r="e2"><v>1350000</v></c>'],
    ['a row twice', `${amount}</row><row r="2">${amount}`],
  ])('with %s is refused', async (_, instead) =>
    expect((await readSheet(xlsx({ [SHEET]: sheet(rows).replace(amount, instead) }))).verdict).toMatchObject({
      fault: { code: 'line_malformed', line: 2 },
    }),
  );

  it('has its first sheet where its workbook says, and is refused where a later one has a row', async () => {
    const tags = (ids: string[]) => ids.map((id) => `<sheet name="a" r:id="${id}"/>`).join('');
    const relation = (id: string, target: string) => `<Relationship Id="${id}" Target="${target}"/>`;
    const book = (...ids: string[]) => ({
      'xl/workbook.xml': `<workbook><sheets>${tags(ids)}</sheets></workbook>`,
      'xl/_rels/workbook.xml.rels': `<Relationships>${relation('a', 'worksheets/sheet1.xml')}${relation('b', '/xl/worksheets/data.xml')}</Relationships>`,
    });
    const other = 'xl/worksheets/data.xml';
    const empty = sheet([['', ''], [' ']]);
    const verdict = async (parts: Record<string, string>) => (await readSheet(xlsx(parts))).verdict;
    const whole = { kind: 'read', entries: 2 };
    expect(await verdict({ ...book('b', 'a'), [SHEET]: empty, [other]: sheet(rows) })).toMatchObject(whole);
    const unread = { kind: 'refused', fault: { code: 'sheet_unread', line: 3 } };
    const more = sheet([[''], [''], ['', 'FT3']]);
    expect(await verdict({ ...book('b', 'a'), [SHEET]: more, [other]: sheet(rows) })).toMatchObject(unread);
    expect(await verdict({ [SHEET]: sheet(rows), 'xl/worksheets/sheet2.xml': more })).toMatchObject(unread);
    expect(await verdict({ ...book('c'), [SHEET]: sheet(rows) })).toMatchObject({ fault: { code: 'sheet_missing' } });
  });

  it('reads the same however its bytes arrive', () =>
    fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 2000 }), async (pieces) => {
        const bytes = xlsx({ [SHEET]: sheet(rows) });
        expect(await readSheet(bytes, pieces)).toEqual(await readSheet(bytes));
      }),
    ));

  it('that unfolds beyond the limit is refused, whatever its directory says (scenario 60)', async () => {
    const spaces = ' '.repeat(80 * 1024 * 1024);
    const bomb = xlsx({ [SHEET]: spaces });
    expect(bomb.length).toBeLessThan(200_000);
    expect((await readSheet(bomb)).verdict).toMatchObject({ fault: { code: 'zip_bomb' } });
    const lying = xlsx({ [SHEET]: spaces }, { unfolded: 1000 });
    expect((await readSheet(lying)).verdict).toMatchObject({ fault: { code: 'zip_bomb' } });
  });

  it('that says it is a bomb is refused before a byte of it is unfolded', async () => {
    const inflate = vi.spyOn(unpacker, 'inflate');
    const bomb = xlsx({ [SHEET]: ' '.repeat(80 * 1024 * 1024) });
    expect((await readSheet(bomb)).verdict).toMatchObject({ fault: { code: 'zip_bomb' } });
    expect(inflate).not.toHaveBeenCalled();
    inflate.mockRestore();
  });

  it('whose cell goes on without end is refused', async () => {
    const piece = `<![CDATA[${'1'.repeat(2000)}]]>`;
    const endless = sheet(rows).replace('<v>46346</v>', `<v>${piece.repeat(20)}</v>`);
    expect((await readSheet(xlsx({ [SHEET]: endless }))).verdict).toMatchObject({
      fault: { code: 'token_too_long', line: 2 },
    });
  });

  it.each([
    ['that is no zip', Buffer.from('PK\u0003\u0004 and no more'), 'not_zip'],
    ['that says it is smaller', xlsx({ [SHEET]: sheet(rows) }, { unfolded: 5 }), 'zip_bomb'],
    ['that says it is larger', xlsx({ [SHEET]: sheet(rows) }, { unfolded: 5000 }), 'not_zip'],
    ['with another check sum', xlsx({ [SHEET]: sheet(rows) }, { crc: 1 }), 'not_zip'],
    ['of another compression', xlsx({ [SHEET]: sheet(rows) }, { method: 12 }), 'zip_unsupported'],
    ['of Zip64', xlsx({ [SHEET]: sheet(rows) }, { unfolded: 0xffff_ffff }), 'zip_unsupported'],
    ['without a sheet', xlsx({ 'xl/other.xml': '<a/>' }), 'sheet_missing'],
    ['with a DOCTYPE', xlsx({ [SHEET]: `<!DOCTYPE a>${sheet(rows)}` }), 'doctype'],
    ['nested without end', xlsx({ [SHEET]: '<a>'.repeat(200_000) }), 'too_deep'],
  ])('%s is refused', async (_, bytes, code) =>
    expect((await readSheet(bytes)).verdict).toMatchObject({ kind: 'refused', fault: { code } }),
  );

  it('cut anywhere, or with any byte of its sheet changed, is refused', async () => {
    const whole = xlsx({ [SHEET]: sheet(rows) });
    for (let to = 0; to < whole.length; to += 7)
      expect((await readSheet(whole.subarray(0, to))).verdict, String(to)).toMatchObject({ kind: 'refused' });
    const data = 30 + SHEET.length;
    const length = deflateRawSync(Buffer.from(sheet(rows))).length;
    for (let at = data; at < data + length; at += 1) {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] as number) ^ 1;
      expect((await readSheet(changed)).verdict, String(at)).toMatchObject({ kind: 'refused' });
    }
  });
});

const napas = mapOf<FixedMap>('napas-dat.statement.v1');
const datLine = (account: string, amount: number, direction: string, reference: string) =>
  `DR${account.padEnd(19)}20261120${String(amount).padStart(15, '0')}${direction}${reference.padEnd(20)}${'TP NOP PHI'.padEnd(150)}`;
const datTrailer = (count: number, credit: number, debit: number) =>
  `TR${String(count).padStart(9, '0')}${String(credit).padStart(18, '0')}${String(debit).padStart(18, '0')}`;
const dat = (...lines: string[]) =>
  gather((sink) => new FixedReader(napas, sink, '1234567890'), Buffer.from(`HR20261120\n${lines.join('\n')}\n`));

describe('a file of fixed width', () => {
  it('is read by its places, account by account', () => {
    const { verdict, statements } = dat(
      datLine('1234567890', 135_000, 'C', 'FT1'),
      datLine('9999999999', 20_000, 'C', 'FT2'),
      datLine('1234567890', 5_000, 'D', 'FT3'),
      datTrailer(3, 155_000, 5_000),
    );
    expect(verdict).toEqual({ kind: 'read', statements: 2, entries: 3 });
    expect(statements.map(({ head, entries }) => [head.account, entries.map(({ minor }) => minor)])).toEqual([
      ['1234567890', [135_000n, -5_000n]],
      ['9999999999', [20_000n]],
    ]);
  });

  it.each([
    ['a count that is off by one', [datLine('1234567890', 1, 'C', ''), datTrailer(2, 1, 0)], 'control_count'],
    ['a sum that is off by one dong', [datLine('1234567890', 2, 'C', ''), datTrailer(1, 1, 0)], 'control_total'],
    ['no totals', [datLine('1234567890', 2, 'C', '')], 'trailer_missing'],
    ['a direction that is none', [datLine('1234567890', 2, 'X', ''), datTrailer(1, 2, 0)], 'direction_missing'],
    ['a record that nobody knows', ['ZZ', datTrailer(0, 0, 0)], 'record_unknown'],
  ])('with %s is refused', (_, lines, code) =>
    expect(dat(...lines).verdict).toMatchObject({ kind: 'refused', fault: { code } }),
  );

  it('layouts that nothing public confirms say so', () =>
    expect(statementMaps().filter(({ unverified }) => !unverified)).toEqual([]));
});

describe.skipIf(!there)(
  `public samples of fixed width${there ? '' : ' (skipped: the folder of samples is not here)'}`,
  () => {
    const expected = there
      ? (JSON.parse(readFileSync(path.join(FOLDER, 'expected.json'), 'utf8')) as Record<string, FixedSample>)
      : {};
    const samples = Object.entries(expected).filter(([, { format }]) =>
      ['tdi17', 'bankline-data-services'].includes(format),
    );
    const readFile = (file: string, format: string) =>
      gather(
        (sink) =>
          new FixedReader(
            mapOf<FixedMap>(format === 'tdi17' ? 'tdi17.statement.v1' : 'bankline.statement.v1'),
            sink,
            '67175315',
          ),
        readFileSync(path.join(FOLDER, file)),
      );

    it.each(samples)(
      '%s reads to its figures, or is refused where it must be',
      (file, { format, valid, expect: wanted }) => {
        const { verdict, statements } = readFile(file, format);
        if (!valid) {
          expect(verdict).toMatchObject({ kind: 'refused', fault: { code: 'control_total' } });
          return;
        }
        const entries = statements.flatMap((one) => one.entries);
        expect(verdict).toMatchObject({ kind: 'read', entries: wanted.details ?? wanted.detail_lines });
        const amounts = entries
          .map(({ minor }) => Number(minor < 0n ? -minor : minor))
          .sort((one, other) => one - other);
        if (wanted.amounts_pence) expect(amounts).toEqual(wanted.amounts_pence.sort((one, other) => one - other));
        if (wanted.sum_details_cents) {
          expect(amounts.reduce((sum, amount) => sum + amount, 0)).toBe(wanted.sum_details_cents);
          // Its own trailer says otherwise: reported, and refused where such a file would be booked.
          expect(statements[0]?.foot.findings).toMatchObject([
            {
              code: 'control_total',
              figures: { declared: String(wanted.trailer_total_cents), counted: String(wanted.sum_details_cents) },
            },
          ]);
        }
      },
    );
  },
);

type FixedSample = {
  format: string;
  valid: boolean;
  expect: {
    details?: number;
    detail_lines?: number;
    amounts_pence?: number[];
    sum_details_cents?: number;
    trailer_total_cents?: number;
  };
};
