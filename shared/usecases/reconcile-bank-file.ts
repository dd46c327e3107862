import { type Dong, dong } from '../domain/money/dong.ts';
import { BankLine } from '../domain/reconciliation/bank-line.ts';
import {
  accountBook,
  type BookDays,
  type BookFile,
  type BookId,
  MAX_CLOSED_DAYS,
} from '../domain/reconciliation/book-day.ts';
import type { ExceptionBook } from '../domain/reconciliation/exception.ts';
import { type FileFault, fault, MAX_FAULTS } from '../domain/reconciliation/faults.ts';
import {
  contentClaim,
  linesKey,
  type Statement,
  type StatementBook,
  statementClaim,
  type TakenStatement,
} from '../domain/reconciliation/statement.ts';
import { addDays, type Day, type Instant, vietnamDay } from '../domain/time.ts';
import { type ArrivedFile, beginFile, type Ended, endFile, isVersion, standing } from './file-moves.ts';
import { fileException, type InvalidDependencies, openInvalidFile } from './invalid-file.ts';
import { type MatchDependencies, matchAccount } from './match-account.ts';
import { type BankFileDependencies, readBankFile, type WholeBankFile } from './take-in-bank-file.ts';

/** How often days are chosen anew because one was closed meanwhile. */
const MAX_TRIES = 8;
/** How far the statement before and after one is looked for. */
const NEIGHBOUR_DAYS = 31;

/** Days before the announced one, and behind the reading, of which a file may tell: value days are written ahead, over holidays. */
const REACH_DAYS = { back: 370, ahead: 14 };

export type ReconcileBankDependencies = MatchDependencies &
  InvalidDependencies &
  BankFileDependencies & {
    statements: StatementBook;
    days: Pick<BookDays, 'find' | 'between' | 'enter' | 'leave' | 'record'>;
    exceptions: Pick<ExceptionBook, 'open' | 'clear'>;
    now: () => Instant;
  };

/**
 * Takes in a bank's or treasury's file: reads it whole, claims its content and every statement in it, lets its lines count
 * on their days (a closed day's on the next open one), and matches each account. Each step may be done again: a crash
 * between any two of them is repaired by the notice's next delivery. Throws UnknownFile.
 */
export async function reconcileBankFile(file: ArrivedFile, dependencies: ReconcileBankDependencies): Promise<Ended> {
  const statement = await beginFile(file, dependencies);
  if (statement.state === 'RECONCILED' && isVersion(statement.object, file.version)) {
    // It may have died after it had said so, and before it matched.
    await matchAll(statement, dependencies);
    return { kind: 'alreadyDone', statement };
  }
  if (statement.state !== 'READING') return { kind: 'alreadyDone', statement };
  if (!isVersion(statement.object, file.version)) return { kind: 'superseded', statement };

  const read = await readBankFile(statement, file, dependencies);
  if (read.kind === 'refused') return refuse(statement, read.faults, read.found, dependencies);
  const unlikely = implausibleDays(statement, read);
  if (unlikely.length > 0) return refuse(statement, unlikely, { sha256: read.sha256, size: read.size }, dependencies);
  const before = await standing(statement, dependencies);
  if (statement.supersedes !== undefined && !before)
    return refuse(statement, [fault(0, 'superseded_other')], { sha256: read.sha256 }, dependencies);
  const taken = await claim(statement, read, dependencies);
  if (taken) return refuse(statement, [taken], { sha256: read.sha256, size: read.size }, dependencies);

  if (before) await leaveDays(before, dependencies);
  const late = new Map<number, number>();
  for (const one of read.taken) late.set(one.place, await enterDays(statement, one, before, dependencies));
  const { sha256: hash, size, format } = read;
  const ended = await endFile(
    statement,
    'RECONCILED',
    {
      sha256: hash,
      size,
      format,
      taken: read.taken.map(({ place, days: _, advice, ...one }) => ({
        ...one,
        ...(advice && { advice: true as const }),
        late: late.get(place) ?? 0,
      })),
    },
    dependencies,
  );
  if (before)
    await dependencies.statements.move(before.statementId, 'SUPERSEDED', { supersededBy: statement.statementId });
  await matchAll(ended.statement, dependencies);
  return ended;
}

/** A line of another century, or of a day to come, would count where no run looks. */
function implausibleDays({ businessDate, readAt, createdAt }: Statement, { taken }: WholeBankFile): FileFault[] {
  const from = addDays(businessDate, -REACH_DAYS.back);
  const to = addDays(vietnamDay(readAt ?? createdAt), REACH_DAYS.ahead);
  const days = taken.flatMap((one) => [...one.days, one.to]).filter((day) => day < from || day > to);
  const unlikely = [...new Set(days)].sort().slice(0, MAX_FAULTS);
  return unlikely.map((day) => fault(0, 'day_implausible', { day, from, to }));
}

async function refuse(
  statement: Statement,
  faults: FileFault[],
  found: Partial<Statement>,
  dependencies: ReconcileBankDependencies,
): Promise<Ended> {
  // The difference first: whoever dies in between finds the file unread, and opens it again.
  await openInvalidFile(statement, faults, dependencies);
  return endFile(statement, 'REFUSED', { ...found, faults }, dependencies);
}

/** Takes content and statements for this file, for good. Answers why it can't. */
async function claim(
  { statementId, providerId, supersedes }: Statement,
  read: WholeBankFile,
  { statements }: ReconcileBankDependencies,
): Promise<FileFault | undefined> {
  const content = contentClaim(providerId, read.sha256);
  const claims = [content, ...new Set(read.taken.map(({ name }) => statementClaim(name)))];
  if (claims.length <= read.taken.length) return fault(0, 'statement_taken', { statementId });
  const claimed = await statements.claim(claims, statementId, supersedes);
  if (claimed.kind === 'claimed') return undefined;
  const code = claimed.claim === content ? 'content_reconciled' : 'statement_taken';
  return fault(0, code, { statementId: claimed.by });
}

/** What the replaced file said counts no more, except on days that are closed. */
async function leaveDays(before: Statement, { days }: ReconcileBankDependencies): Promise<void> {
  for (const [index, taken] of (before.taken ?? []).entries()) {
    const book = accountBook(before.bankBin ?? '', taken.account);
    for (const { day, files } of await days.between(book, taken.from, addDays(taken.to, MAX_CLOSED_DAYS)))
      for (const file of files)
        if (file.statementId === before.statementId && file.place === index + 1) await days.leave(book, day, file);
  }
}

/** Lets each day's lines count on their own day, or on the next one that is open. Answers how many came late. */
async function enterDays(
  statement: Statement,
  taken: WholeBankFile['taken'][number],
  before: Statement | undefined,
  dependencies: ReconcileBankDependencies,
): Promise<number> {
  const { days } = dependencies;
  const book = accountBook(statement.bankBin ?? '', taken.account);
  const name = { statementId: statement.statementId, place: taken.place };
  // A statement without lines counts on its day all the same: it says that nothing came.
  const own = taken.days.length > 0 ? taken.days : [taken.to];
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const placed = await place(book, own, name, dependencies);
    const files = [...placed].flatMap(([day, those]) => bookFiles(name, taken, day, those, before !== undefined));
    if (files.some(({ file }) => file.adjusts)) await adjustingLines(statement, taken, before, placed, dependencies);
    let closed = false;
    for (const { day, file } of files) closed ||= (await days.enter(book, day, file)) === 'closed';
    if (!closed) return [...placed].reduce((sum, [day, those]) => sum + those.filter((one) => one !== day).length, 0);
  }
  throw new Error(`days of ${book} are closed faster than lines are entered`);
}

/** What counts on a day: all of its lines, or of closed days that another file was taken in for only what differs. */
function bookFiles(
  name: Pick<BookFile, 'statementId' | 'place'>,
  { advice }: { advice: boolean },
  day: Day,
  those: readonly Day[],
  replaces: boolean,
): { day: Day; file: BookFile }[] {
  const late = those.filter((one) => one !== day);
  const whole = replaces ? those.filter((one) => one === day) : [...those];
  const file = (days: Day[], adjusts: boolean): BookFile => ({
    ...name,
    days,
    ...(advice && { advice: true as const }),
    ...(adjusts && { adjusts: true as const }),
  });
  return [
    ...(whole.length > 0 ? [{ day, file: file(whole, false) }] : []),
    ...(replaces && late.length > 0 ? [{ day, file: file(late, true) }] : []),
  ];
}

/** Days of lines by the day on which they count. */
async function place(
  book: BookId,
  own: readonly Day[],
  { statementId, place: at }: Pick<BookFile, 'statementId' | 'place'>,
  { days }: ReconcileBankDependencies,
): Promise<Map<Day, Day[]>> {
  const placed = new Map<Day, Day[]>();
  const first = own[0] as Day;
  const there = await days.between(book, first, addDays(own.at(-1) as Day, MAX_CLOSED_DAYS));
  const entered = new Map(
    there.flatMap(({ day, files }) =>
      files
        .filter((one) => one.statementId === statementId && one.place === at)
        .flatMap((file) => file.days.map((one): [Day, Day] => [one, day])),
    ),
  );
  const closed = new Set(there.filter(({ state }) => state === 'CLOSED').map(({ day }) => day));
  for (const day of own) {
    let target = entered.get(day) ?? day;
    while (!entered.has(day) && closed.has(target)) target = addDays(target, 1);
    placed.set(target, [...(placed.get(target) ?? []), day]);
  }
  return placed;
}

/**
 * What a new revision says otherwise about days that are closed: new lines as they are, old ones taken back. Written as an
 * object of its own, which then counts on the open day.
 */
async function adjustingLines(
  statement: Statement,
  taken: WholeBankFile['taken'][number],
  before: Statement | undefined,
  placed: ReadonlyMap<Day, readonly Day[]>,
  { runs, lines }: ReconcileBankDependencies,
): Promise<void> {
  const late = new Set([...placed].flatMap(([day, those]) => those.filter((one) => one !== day)));
  const read = async (statementId: string, place: number, parts: number) => {
    const found = new Map<string, BankLine>();
    for (let part = 1; part <= parts; part += 1)
      for await (const text of runs.lines(linesKey({ statementId, place, part }))) {
        const line = BankLine.parse(JSON.parse(text));
        if (late.has(line.d)) found.set(line.k, line);
      }
    return found;
  };
  const index = (before?.taken ?? []).findIndex(
    ({ account, name }) => account === taken.account && name === taken.name,
  );
  const old =
    before && index >= 0
      ? await read(before.statementId, index + 1, before.taken?.[index]?.parts ?? 0)
      : new Map<string, BankLine>();
  const fresh = await read(statement.statementId, taken.place, taken.parts);
  const says = ({ a, c, d }: BankLine) => JSON.stringify([a, c ?? '', d]);
  const changed = [...fresh.values()].filter((line) => {
    const there = old.get(line.k);
    return !there || says(there) !== says(line);
  });
  const takenBack = [...old.values()]
    .filter((line) => {
      const now = fresh.get(line.k);
      return !now || says(now) !== says(line);
    })
    .map((line): BankLine => ({ ...line, k: `${line.k}~r${statement.revision}`, a: -line.a, r: 1 }));
  const adjusting = [
    ...changed.map((line) => (old.has(line.k) ? { ...line, k: `${line.k}+r${statement.revision}` } : line)),
    ...takenBack,
  ];
  const text = adjusting.map((line) => `${JSON.stringify(line)}\n`).join('');
  const key = linesKey({ statementId: statement.statementId, place: taken.place, part: 0 });
  await lines.writeText(key, 'application/x-ndjson', text);
}

/** Matches every account of the file from the first day on which a line of it counts. */
async function matchAll(statement: Statement, dependencies: ReconcileBankDependencies): Promise<void> {
  for (const [index, taken] of (statement.taken ?? []).entries()) {
    const book = accountBook(statement.bankBin ?? '', taken.account);
    await proveContinuity(book, statement, { taken, place: index + 1 }, dependencies);
    await matchAccount(book, taken.from, dependencies, { anew: false });
  }
}

/** The closing balance of one statement is the opening balance of the next, or one between them is missing. */
async function proveContinuity(
  book: BookId,
  statement: Statement,
  { taken, place: at }: { taken: TakenStatement; place: number },
  dependencies: ReconcileBankDependencies,
): Promise<void> {
  if (taken.opening === null && taken.closing === null) return;
  const around = await statementsAround(book, taken, dependencies);
  const own = `${statement.statementId}.${at}`;
  const sorted = [...around.filter(({ name }) => name !== own), { name: own, taken }].sort((one, other) =>
    orderOf(one.taken) < orderOf(other.taken) ? -1 : 1,
  );
  const here = sorted.findIndex(({ name }) => name === own);
  for (const [earlier, later] of [
    [sorted[here - 1], sorted[here]],
    [sorted[here], sorted[here + 1]],
  ]) {
    if (!earlier || !later || earlier.taken.closing === null || later.taken.opening === null) continue;
    if (earlier.taken.closing === later.taken.opening) continue;
    const facts = {
      category: 'BALANCE_BREAK' as const,
      statement,
      names: [earlier.taken.name, later.taken.name],
      day: later.taken.from,
    };
    const [ours, theirs] = [balance(earlier.taken.closing), balance(later.taken.opening)];
    await dependencies.exceptions.open({ ...(await fileException(book, facts, dependencies)), ours, theirs });
  }
  // A statement between two others closes the gap that was between those.
  const [earlier, later] = [sorted[here - 1], sorted[here + 1]];
  if (!earlier || !later) return;
  const facts = {
    category: 'BALANCE_BREAK' as const,
    statement,
    names: [earlier.taken.name, later.taken.name],
    day: later.taken.from,
  };
  await dependencies.exceptions.clear(await fileException(book, facts, dependencies));
}

const orderOf = ({ to, sequence, name }: TakenStatement): string => `${to} ${sequence.padStart(20, '0')} ${name}`;

async function statementsAround(
  book: BookId,
  { from, to, currency }: TakenStatement,
  { days, statements }: ReconcileBankDependencies,
): Promise<{ name: string; taken: TakenStatement }[]> {
  const found = new Map<string, TakenStatement>();
  for (const { files } of await days.between(book, addDays(from, -NEIGHBOUR_DAYS), addDays(to, NEIGHBOUR_DAYS)))
    for (const { statementId, place: at, advice } of files) {
      const name = `${statementId}.${at}`;
      if (advice || found.has(name)) continue;
      const there = await statements.find(statementId);
      const taken = there?.state === 'RECONCILED' ? there.taken?.[at - 1] : undefined;
      // Balances of two currencies are two chains.
      if (taken?.currency === currency) found.set(name, taken);
    }
  return [...found].map(([name, taken]) => ({ name, taken }));
}

/** Dong of a balance; an overdrawn one is told by the statement beside. */
const balance = (text: string): Dong | null => (text.startsWith('-') ? null : dong(Number(text)));
