import { createHash } from 'node:crypto';
import { pipeline, Readable } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';
import { isZip, readerFor, SNIFFED_BYTES } from '../domain/reconciliation/bank/detect.ts';
import { statementMapFor, type TableMap } from '../domain/reconciliation/bank/maps.ts';
import type {
  Balance,
  BankEntry,
  BankFinding,
  BankReader,
  BankSink,
  BankVerdict,
  StatementFoot,
  StatementHead,
} from '../domain/reconciliation/bank/model.ts';
import { BankFileFault, MAX_BANK_FILE_BYTES } from '../domain/reconciliation/bank/model.ts';
import { readXlsx, type Texts, type Unpacker } from '../domain/reconciliation/bank/xlsx.ts';
import { type BankLine, linesOf, type MarkFinder } from '../domain/reconciliation/bank-line.ts';
import { accountBook } from '../domain/reconciliation/book-day.ts';
import { BytesIndex } from '../domain/reconciliation/bytes-index.ts';
import { type FileFault, fault } from '../domain/reconciliation/faults.ts';
import { payoutMarks } from '../domain/reconciliation/payouts.ts';
import {
  linesKey,
  MAX_CLAIMS,
  type SettlementFiles,
  type Statement,
  type TakenStatement,
} from '../domain/reconciliation/statement.ts';
import type { Day } from '../domain/time.ts';

/** Reads a bank's file and writes its lines down as they come, in memory bounded by one object of them. */

/** Most statements of one file: each is claimed, and the content with them. */
export const MAX_STATEMENTS = MAX_CLAIMS - 1;
/** Characters of one object of lines. */
const PART_CHARACTERS = 4 * 1024 * 1024;
/** Days back of which a provider's payout may be named. */
const PAYOUT_PATIENCE_DAYS = 40;

export type BankFileDependencies = {
  files: Pick<SettlementFiles, 'open' | 'part'>;
  /** Room for the texts of one spreadsheet. */
  texts(): Texts & Disposable;
  /** Writing the same text under the same key again leaves what writing it once leaves. */
  lines: { writeText(key: string, contentType: string, text: string): Promise<void> };
};

export type WholeBankFile = {
  kind: 'read';
  sha256: string;
  size: number;
  format: string;
  taken: (Omit<TakenStatement, 'advice'> & { place: number; days: Day[]; advice: boolean })[];
};
export type RefusedBankFile = { kind: 'refused'; faults: FileFault[]; found: Partial<Statement> };

/** The whole of a file, or why it is refused. Nothing of it counts anywhere before it was read to its end. */
export async function readBankFile(
  statement: Statement,
  { key, version }: { key: string; version: NonNullable<Statement['object']> },
  dependencies: BankFileDependencies,
): Promise<WholeBankFile | RefusedBankFile> {
  const refused = (faults: FileFault[], found: Partial<Statement> = {}): RefusedBankFile => ({
    kind: 'refused',
    faults,
    found,
  });
  const { files, lines } = dependencies;
  const opened = await files.open(key, version, MAX_BANK_FILE_BYTES);
  if (opened.kind === 'changed') return refused([fault(0, 'content_changed')]);
  if (opened.kind === 'tooLarge')
    return refused([fault(0, 'file_too_large', { size: opened.size, limit: MAX_BANK_FILE_BYTES })]);

  const map = statement.columnMap === undefined ? undefined : statementMapFor(statement.columnMap);
  if (statement.columnMap !== undefined && !map) throw new Error(`${statement.columnMap} is gone`);
  const [account] = statement.accounts?.length === 1 ? statement.accounts : [];
  const announced = { map, account };
  const hash = createHash('sha256');
  const taking = new Taking(statement);
  const write = async (least: number) => {
    for (const part of taking.full(least)) await lines.writeText(part.key, 'application/x-ndjson', part.text);
  };
  let isSpreadsheet = false;
  let reader: BankReader | undefined;
  let head = new Uint8Array(0);
  let size = 0;
  for await (const chunk of opened.chunks) {
    hash.update(chunk);
    size += chunk.length;
    // Its directory stands at its end: it is read in parts once its hash is known.
    if (isSpreadsheet) continue;
    if (reader) reader.push(chunk);
    else {
      head = joined(head, chunk);
      if (head.length < SNIFFED_BYTES) continue;
      isSpreadsheet = isZip(head);
      if (isSpreadsheet) continue;
      reader = readerFor(head, taking, announced);
      if (!reader) break;
      reader.push(head);
    }
    await write(PART_CHARACTERS);
  }
  isSpreadsheet ||= isZip(head);
  if (!reader && !isSpreadsheet && head.length > 0) {
    reader = readerFor(head, taking, announced);
    reader?.push(head);
  }
  const spreadsheet = async (table: TableMap): Promise<BankVerdict> => {
    using texts = dependencies.texts();
    const parts = { size, part: (from: number, to: number) => files.part(key, version, from, to) };
    const between = () => write(PART_CHARACTERS);
    return await readXlsx(parts, { map: table, sink: taking, account, unpacker, texts, between });
  };
  const found = { sha256: hash.digest('hex'), size };
  if (head.length === 0) return refused([fault(0, 'file_empty')], found);
  // A table needs a map, and a spreadsheet is a table.
  const sheetMap = isSpreadsheet && map?.kind === 'table' ? map : undefined;
  if (!reader && !sheetMap) return refused([fault(0, 'format_unknown')], { size });
  if (statement.announcedSha256 !== undefined && statement.announcedSha256 !== found.sha256)
    return refused([fault(0, 'hash_other')], found);

  const verdict = reader ? reader.end() : await spreadsheet(sheetMap as TableMap);
  if (verdict.kind === 'refused') {
    const { line, code, figures } = verdict.fault;
    return refused([fault(line, code, figures)], found);
  }
  const unsound = [...taking.faults, ...(reader ? controlFaults(reader) : [])];
  if (unsound.length > 0) return refused(unsound, found);
  await write(0);
  return { kind: 'read', ...found, format: taking.format, taken: taking.taken };
}

/** Bytes that are unfolded at once. */
const UNFOLDED_AT_ONCE = 64 * 1024;

export const unpacker: Unpacker = {
  async *inflate(packed) {
    const inflating = createInflateRaw({ chunkSize: UNFOLDED_AT_ONCE });
    // A failure of the source destroys what unfolds it, which the loop then throws.
    pipeline(Readable.from(packed, { highWaterMark: 1 }), inflating, () => {});
    try {
      yield* inflating;
    } catch (error) {
      throw isOfZlib(error) ? new BankFileFault(0, 'not_zip') : error;
    }
  },
  crc32,
};

const isOfZlib = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && /^Z_/.test(String(error.code));

/** What totals above the statements did not agree with; only BAI2 has such. */
function controlFaults(reader: BankReader): FileFault[] {
  const { findings = [] } = reader as { findings?: readonly { code: string; figures: Record<string, string> }[] };
  return findings.flatMap(({ code, figures }) =>
    code === 'control_total' || code === 'control_count' ? [fault(Number(figures.line ?? 0), code, figures)] : [],
  );
}

/** Findings by which a statement is unsound: money was added or lost between its lines and its own totals. */
const UNSOUND = ['balance_break', 'control_total', 'control_count', 'declared_sum'] as const;

/** Gathers what a reader tells, statement by statement. */
class Taking implements BankSink {
  readonly taken: WholeBankFile['taken'] = [];
  readonly faults: FileFault[] = [];
  format = '';
  readonly #statement: Statement;
  readonly #marks: MarkFinder;
  #head: StatementHead | undefined;
  #seen = new BytesIndex();
  #days = new Map<Day, number>();
  #lines = 0;
  #parts = 0;
  #text: string[] = [];
  #characters = 0;
  #full: { key: string; text: string }[] = [];

  constructor(statement: Statement) {
    this.#statement = statement;
    this.#marks = payoutMarks(statement.businessDate, PAYOUT_PATIENCE_DAYS);
  }

  begin(head: StatementHead): void {
    this.format = head.format;
    if (head.kind === 'intraday') throw new BankFileFault(0, 'never_booked');
    if (this.taken.length >= MAX_STATEMENTS)
      throw new BankFileFault(0, 'too_many_statements', { limit: String(MAX_STATEMENTS) });
    if (!this.#statement.accounts?.includes(accountNumber(head.account))) throw new BankFileFault(0, 'account_other');
    this.#head = head;
    this.#seen = new BytesIndex();
    this.#days = new Map();
    this.#lines = 0;
    this.#parts = 0;
  }

  entry(entry: BankEntry): void {
    for (const [place, line] of linesOf(entry, this.#statement.businessDate, this.#marks).entries()) {
      this.#days.set(line.d, (this.#days.get(line.d) ?? 0) + 1);
      this.#lines += 1;
      const text = `${JSON.stringify({ k: this.#name(line, entry.position, place), ...line } satisfies BankLine)}\n`;
      this.#text.push(text);
      this.#characters += text.length;
    }
    if (this.#characters >= PART_CHARACTERS) this.#endPart();
  }

  end(foot: StatementFoot): void {
    const head = this.#head;
    if (!head) throw new Error('a statement ended that never began');
    this.#endPart();
    const days = [...this.#days.keys()].sort();
    const to = foot.closing?.day ?? days.at(-1) ?? this.#statement.businessDate;
    for (const finding of foot.findings) this.#judge(finding);
    // Nothing but its closing balance (:62:) says that a statement in MT940 is whole.
    if (head.format === 'mt940' && (foot.opening === null || foot.closing === null))
      this.faults.push(fault(0, 'truncated'));
    const account = accountNumber(head.account);
    this.taken.push({
      account,
      name: statementName(this.#statement, head, account, to),
      sequence: head.sequence,
      currency: head.currency,
      from: days[0] ?? to,
      to,
      opening: figure(foot.opening),
      closing: figure(foot.closing),
      credit: String(foot.credit),
      debit: String(foot.debit),
      entries: foot.entries,
      lines: this.#lines,
      notBooked: foot.notBooked,
      late: 0,
      findings: foot.findings.map(({ code, figures }) => ({ code, figures })),
      parts: this.#parts,
      place: this.taken.length + 1,
      days,
      advice: head.kind === 'advice',
    });
    this.#head = undefined;
  }

  /** Objects that are complete once `least` characters of them are there. */
  *full(least: number): Generator<{ key: string; text: string }, void, undefined> {
    if (this.#full.length === 0 || this.#full.reduce((sum, { text }) => sum + text.length, 0) < least) return;
    yield* this.#full.splice(0);
  }

  #judge({ code, figures }: BankFinding): void {
    const unsound = UNSOUND.find((one) => one === code);
    if (unsound === 'declared_sum')
      this.faults.push(fault(0, 'control_total', { counted: figures.added ?? '', declared: figures.declared ?? '' }));
    else if (unsound) this.faults.push(fault(Number(figures.line ?? 0), unsound, figures));
  }

  /** The bank's reference names a line while it is the only one with it; its place does otherwise. */
  #name(line: Omit<BankLine, 'k'>, position: number, place: number): string {
    const isNew = line.b !== undefined && this.#seen.findText(line.b) < 0;
    if (line.b !== undefined) this.#seen.addText(line.b);
    return isNew ? (line.b as string) : place === 0 ? `#${position}` : `#${position}.${place + 1}`;
  }

  #endPart(): void {
    if (this.#text.length === 0) return;
    this.#parts += 1;
    const place = this.taken.length + 1;
    const key = linesKey({ statementId: this.#statement.statementId, place, part: this.#parts });
    this.#full.push({ key, text: this.#text.join('') });
    this.#text = [];
    this.#characters = 0;
  }
}

/** Domestic accounts are digits; banks group them. Anything else is compared as it stands, and is nobody's. */
const accountNumber = (text: string): string => text.replaceAll(/[\s.-]/g, '');

const figure = (balance: Balance | null): string | null => (balance === null ? null : String(balance.minor));

/** Bank, account, closing day and the bank's own number: banks use the same number again each year, some each month. */
function statementName({ bankBin }: Statement, head: StatementHead, account: string, to: Day): string {
  const advice = head.kind === 'advice' ? 'advice/' : '';
  return `${accountBook(bankBin ?? '', account)}/${advice}${to}/${head.sequence || head.id}`;
}

function joined(first: Uint8Array<ArrayBuffer>, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
