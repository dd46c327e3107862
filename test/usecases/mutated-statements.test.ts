import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readerFor } from '../../shared/domain/reconciliation/bank/detect.ts';
import type { BankSink } from '../../shared/domain/reconciliation/bank/model.ts';
import { BankLine } from '../../shared/domain/reconciliation/bank-line.ts';
import { explain } from '../../shared/domain/reconciliation/faults.ts';
import type { Statement } from '../../shared/domain/reconciliation/statement.ts';
import { readBankFile } from '../../shared/usecases/take-in-bank-file.ts';
import { type FormatName, formats } from '../bench/statement-files.ts';
import { gather } from '../domain/reconciliation/bank/gather.ts';
import { bytesOf, type Damage, damages, dice, latin } from '../dsl/damages.ts';

/**
 * Statements that were damaged on their way: each is refused whole with its line and reason, or says what the whole one
 * says. No sum is ever another one, and nothing ends in an error that is not a reason.
 */

/** Real public files of banks; without them that part says so and skips. */
const FOLDER = path.resolve(import.meta.dirname, '../../../shared/domain/statements');
const there = existsSync(FOLDER);

const ACCOUNT = '1012345678';
const MAPS: Partial<Record<FormatName, string>> = { table: 'bank-table.statement.v1', fixed: 'napas-dat.statement.v1' };
const ENTRIES = 6;

type File = { name: string; bytes: Uint8Array; accounts: string[]; columnMap?: string | undefined };

/** Sums of each statement, in its currency: what no damage may change. */
type Figures = { sums: string; opening?: string | null; closing?: string | null }[];
type Outcome = { kind: 'read'; figures: Figures } | { kind: 'refused'; codes: string[] };

async function takeIn({ bytes, accounts, columnMap }: File): Promise<Outcome> {
  const statement = {
    statementId: 'stm_000000000000000000000000',
    kind: 'bank',
    businessDate: '2026-11-26',
    bankBin: '970415',
    accounts,
    columnMap,
  } as unknown as Statement;
  const sums = new Map<string, number>();
  const read = await readBankFile(
    statement,
    { key: 'statements/one', version: { etag: 'one' } },
    {
      files: {
        open: async () => ({
          kind: 'open',
          size: bytes.length,
          chunks: (async function* chunks() {
            for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
          })(),
        }),
        part: () => {
          throw new Error('no spreadsheet is here');
        },
      },
      texts: () => {
        throw new Error('no spreadsheet is here');
      },
      lines: {
        async writeText(key, _, text) {
          const place = key.replace(/-\d+\.ndjson$/, '');
          for (const line of text.trimEnd().split('\n'))
            sums.set(place, (sums.get(place) ?? 0) + BankLine.parse(JSON.parse(line)).a);
        },
      },
    },
  );
  if (read.kind === 'refused') {
    for (const { line, ...fault } of read.faults) {
      expect(line).toBeGreaterThanOrEqual(0);
      expect(explain({ line, ...fault }).vi).not.toBe('');
    }
    return { kind: 'refused', codes: read.faults.map(({ code }) => code) };
  }
  const figures = read.taken.map(({ place, account, currency, opening, closing, credit, debit, findings }) => {
    const lines = [...sums].find(([key]) => key.endsWith(`/${place}`))?.[1] ?? 0;
    // A balance that is not there any more is told.
    const isTold = findings.some(({ code }) => code === 'balance_missing');
    return { sums: [account, currency, credit, debit, lines].join(' '), ...(!isTold && { opening, closing }) };
  });
  return { kind: 'read', figures };
}

/** Statements that say the same in another way. */
const asXml = (change: (text: string) => string) => (bytes: Uint8Array, name: string) =>
  name.includes('camt') ? Buffer.from(change(Buffer.from(bytes).toString())) : bytes;
const otherWays: Readonly<Record<string, (bytes: Uint8Array, name: string) => Uint8Array>> = {
  'with a mark of byte order': (bytes) => (bytes[0] === 0xef ? bytes : Uint8Array.from([0xef, 0xbb, 0xbf, ...bytes])),
  'with ends of lines as Windows has them': (bytes) => bytesOf(latin(bytes).replaceAll(/\r?\n/g, '\r\n')),
  'with ends of lines as Unix has them': (bytes) => bytesOf(latin(bytes).replaceAll('\r\n', '\n')),
  'with prefixes': asXml((text) => text.replaceAll(/<(\/?)(?=[A-Za-z])(?![\w.-]+:)/g, '<$1bank:')),
  'with comments': asXml((text) => text.replaceAll(/<(?=Amt|\/Amt|Ntry>)/g, '<!-- <Amt Ccy="USD">1</Amt> --><')),
  'with marked sections': asXml((text) =>
    text.replaceAll(/>(\d+(?:\.\d+)?)<\/((?:\w+:)?Amt)>/g, '><![CDATA[$1]]></$2>'),
  ),
  'with attributes in another order': asXml((text) =>
    text.replaceAll(/(<(?:\w+:)?Amt)\s+Ccy=["'](\w+)["']/g, `$1 other = "Ccy='USD' &gt;" Ccy = '$2' x:Ccy="USD"`),
  ),
};

const own: File[] = (Object.keys(formats) as FormatName[]).map((name) => {
  const { head, entry, foot } = formats[name] as {
    head: (entries: number) => string;
    entry: (index: number) => string;
    foot: (entries: number, sum: number) => string;
  };
  const sum = Array.from({ length: ENTRIES }, (_, index) => 10_000 + index * 100).reduce((all, one) => all + one, 0);
  // With its closing balance: the sums of BAI2 are the same whether money came or went.
  const text = [head(ENTRIES), ...Array.from({ length: ENTRIES }, (_, index) => entry(index)), foot(ENTRIES, sum)]
    .join('')
    .replace('010,0,,/', `010,0,,,015,${sum},,/`)
    .replace(`49,${sum},`, `49,${2 * sum},`)
    .replace(`98,${sum},`, `98,${2 * sum},`)
    .replace(`99,${sum},`, `99,${2 * sum},`);
  return { name: `our own ${name}`, bytes: Buffer.from(text), accounts: [ACCOUNT], columnMap: MAPS[name] };
});

const FORMATS = ['camt.053', 'mt940', 'bai2'];
const nothing: BankSink = { begin() {}, entry() {}, end() {} };

/** The samples whose statements all close: of the others nobody could say whether a sum is another one. */
const handed: File[] = there
  ? FORMATS.flatMap((format) =>
      readdirSync(path.join(FOLDER, format), { recursive: true, withFileTypes: true })
        .filter((one) => one.isFile())
        .map((one) => ({ format, file: path.join(one.parentPath, one.name) })),
    ).flatMap(({ file }) => {
      const bytes = readFileSync(file);
      const reader = readerFor(bytes, nothing);
      if (!reader) return [];
      const { verdict, statements } = gather((sink) => readerFor(bytes, sink) ?? reader, bytes);
      if (verdict.kind === 'refused' || statements.some(({ foot }) => foot.closes !== true)) return [];
      const accounts = statements.map(({ head }) => head.account.replaceAll(/[\s.-]/g, ''));
      return [{ name: path.relative(FOLDER, file), bytes, accounts }];
    })
  : [];

function suite(files: readonly File[], rolls: number): void {
  describe.each(files)('$name', (file) => {
    it('is read whole', async () => expect((await takeIn(file)).kind).toBe('read'));

    it.each(Object.keys(damages))('%s is refused or says the same', async (name) => {
      const whole = await takeIn(file);
      if (whole.kind !== 'read') throw new Error('not read whole');
      const roll = dice(7);
      for (let round = 0; round < rolls; round += 1) {
        const bytes = (damages[name] as Damage)(file.bytes, roll);
        const outcome = await takeIn({ ...file, bytes });
        if (outcome.kind === 'refused') {
          expect(outcome.codes.length).toBeGreaterThan(0);
          continue;
        }
        // Of a file with several statements the first ones are whole where it is cut off behind one.
        const kept = name === 'cut off' ? whole.figures.slice(0, outcome.figures.length) : whole.figures;
        expect(kept, `round ${round}`).toMatchObject(outcome.figures);
      }
    });

    it.each(Object.keys(otherWays))('%s says the same', async (name) => {
      const bytes = otherWays[name]?.(file.bytes, file.name);
      if (bytes) expect(await takeIn({ ...file, bytes })).toEqual(await takeIn(file));
    });

    it.each(['utf-16le', 'utf-16be'])('in %s is refused', async (encoding) => {
      const bytes = Buffer.from(`\ufeff${Buffer.from(file.bytes).toString()}`, 'utf16le');
      if (encoding === 'utf-16be') bytes.swap16();
      expect((await takeIn({ ...file, bytes })).kind).toBe('refused');
    });
  });
}

describe('a damaged statement', () => {
  suite(own, 120);
});

describe.skipIf(!there)(
  `a damaged file of a bank${there ? '' : ' (skipped: the folder of samples is not here)'}`,
  () => {
    suite(handed, 12);
  },
);
