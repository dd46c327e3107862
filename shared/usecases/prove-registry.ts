import { type Act, type ActSubject, type AuditLog, type RecordTag, SubjectKind } from '../domain/audit/audit.ts';
import type { BookBreach } from '../domain/ledger/breach.ts';
import { BeneficiaryRecord } from '../domain/registry/beneficiary.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { LyingRow, RegistryPages, RegistryRow } from '../domain/registry/pages.ts';
import { Agency, Client, MerchantAccount, pursesOf, STAYS_UNSAID } from '../domain/registry/registry.ts';
import { type Day, daysBetween, type Instant, vietnamDay } from '../domain/time.ts';
import { tagOf } from './change-registry.ts';
import { inParallel } from './in-parallel.ts';

/**
 * Proves who takes part, and where money may go, by the logbook: each record is what was last written down of it, with two
 * persons where two were asked, and what it is found by follows from it. Whoever edits a row past the calls must make up
 * entries of the logbook as well.
 */

/** Entries of the logbook that are read at once, and records that are looked at beside each other. */
const ACTS_AT_ONCE = 100;
const ROWS_AT_ONCE = 8;
/** So far the clock of who changed a record may go before that of who proves it, in milliseconds. */
const CLOCKS_DIFFER_MILLISECONDS = 5 * 60_000;

export type WrongRecord = { kind: Extract<BookBreach['kind'], `registry_${string}`>; key: string; detail: string };

export type ProveRegistryDependencies = {
  rows: RegistryPages;
  /** As it stands, never from memory. */
  registry: Pick<RegistryReader, 'merchantAccount' | 'payeeAccount' | 'accountsAtTerminal' | 'agency'>;
  log: Pick<AuditLog, 'named'>;
  now: () => Instant;
};

/** Those of some rows that no call left so. A row may have changed between two looks: each is looked at twice. */
export async function wrongRows(
  rows: readonly LyingRow[],
  dependencies: ProveRegistryDependencies,
): Promise<WrongRecord[]> {
  const wrong: WrongRecord[] = [];
  await inParallel(rows, ROWS_AT_ONCE, async (lying) => {
    if (!(await wrongRow(lying, dependencies))) return;
    const again = await dependencies.rows.at(lying.key);
    const still = again && (await wrongRow(again, dependencies));
    if (still) wrong.push({ ...still, key: lying.key });
  });
  return wrong.sort((one, other) => (one.key < other.key ? -1 : 1));
}

type Found = Omit<WrongRecord, 'key'>;

async function wrongRow({ row }: LyingRow, dependencies: ProveRegistryDependencies): Promise<Found | undefined> {
  const { registry } = dependencies;
  if (!row) return { kind: 'registry_unreadable', detail: 'no version of this service wrote it so' };
  switch (row.kind) {
    case 'other':
      return undefined;
    case 'record':
      return (await wrongRecord(row, dependencies)) ?? (await wrongLookups(row, registry));
    case 'payee':
      return foundByItself(await registry.merchantAccount(row.account.id), row.account);
    case 'terminal': {
      const { former, ...account } = row.account;
      if (!former) return foundByItself(await registry.merchantAccount(account.id), account);
      const { ever } = await knownOf({ kind: 'merchant-accounts', id: account.id }, account, dependencies);
      if (ever.has(tagOf(account))) return undefined;
      return { kind: 'registry_altered', detail: 'the account never was what it is said to have been here' };
    }
  }
}

async function wrongRecord(
  { subject, record }: Extract<RegistryRow, { kind: 'record' }>,
  dependencies: ProveRegistryDependencies,
): Promise<Found | undefined> {
  const { last, now, isUnknown } = await knownOf(subject, record, dependencies);
  if (isUnknown) return undefined;
  if (now.size === 0) return { kind: 'registry_undecided', detail: 'the logbook does not know that anybody made it' };
  if (!now.has(tagOf(record))) return { kind: 'registry_altered', detail: 'the logbook last knew it otherwise' };
  return last === undefined ? undefined : { kind: 'registry_undecided', detail: last };
}

/** What a merchant account is found by says what it says. An agency that an account names is there. */
async function wrongLookups(
  { subject, record }: Extract<RegistryRow, { kind: 'record' }>,
  registry: ProveRegistryDependencies['registry'],
): Promise<Found | undefined> {
  if (subject.kind !== 'merchant-accounts') return undefined;
  const account = MerchantAccount.parse(record);
  const { id, providerId, agencyCode, terminal } = account;
  if (!(await registry.agency(agencyCode))) return { kind: 'registry_missing', detail: `there is no ${agencyCode}` };
  for (const purse of pursesOf(account)) {
    const there = await registry.payeeAccount(providerId, agencyCode, purse);
    if (there?.id !== id) return { kind: 'registry_missing', detail: `it is not found by its purse ${purse}` };
  }
  const atTerminal = await registry.accountsAtTerminal(providerId, terminal);
  if (atTerminal.some((one) => one.id === id && !one.former)) return undefined;
  return { kind: 'registry_missing', detail: `it is not found by its terminal ${terminal}` };
}

function foundByItself(there: MerchantAccount | undefined, account: MerchantAccount): Found | undefined {
  if (!there) return { kind: 'registry_missing', detail: `there is no account ${account.id}` };
  if (tagOf(there) === tagOf(account)) return undefined;
  return { kind: 'registry_altered', detail: `it is not what the account ${account.id} is` };
}

/** Other calls name records too, and have a name of their own that their two entries share. */
const isOfRegistry = ({ callId }: Act): boolean => callId === undefined;

type Known = {
  /** What the record may be now, and may ever have been. */
  now: ReadonlySet<RecordTag>;
  ever: ReadonlySet<RecordTag>;
  /** What is wrong with the persons of the last change. */
  last?: string;
  /** Entries of before do not say what a record became. */
  isUnknown?: true;
};

/**
 * What the logbook knows of a record, which is or was so: see {@link tagOfChange}. A change that was begun and of which no end was written down, because its process
 * was killed, may have been made or not.
 */
async function knownOf(
  subject: ActSubject,
  record: unknown,
  { log, now: clock }: Pick<ProveRegistryDependencies, 'log' | 'now'>,
): Promise<Known> {
  const acts: Act[] = [];
  let after: string | undefined;
  do {
    const page = await log.named(
      { subject },
      { from: 0, to: clock() + CLOCKS_DIFFER_MILLISECONDS, after, limit: ACTS_AT_ONCE },
    );
    acts.push(...page.entries.filter(isOfRegistry));
    after = page.next;
  } while (after !== undefined);

  /**
   * What was written down as made, and changes that were begun since and of whose end nothing was, with what was written down
   * meanwhile. Of two that went on at once the logbook does not say which one wrote last.
   */
  let settled = new Set<RecordTag>();
  const begun: { name: string; tag: RecordTag | undefined; meanwhile: RecordTag[] }[] = [];
  const ever = new Set<RecordTag>();
  const proposed = new Map<string, Act>();
  let last: Act | undefined;
  const begin = (act: Act, change: unknown) => {
    const tag = tagOfChange(subject, change, record);
    begun.push({ name: nameOfChange(act), tag, meanwhile: [] });
    if (tag !== undefined) ever.add(tag);
  };
  for (const act of acts) {
    const own = begun.findLastIndex(({ name }) => name === nameOfChange(act));
    if (act.act === 'proposed') proposed.set(nameOfChange(act), act);
    else if (act.act === 'asked') begin(act, act.change);
    else if (act.act === 'approved') begin(act, proposed.get(nameOfChange(act))?.change);
    else if (act.act === 'failed' || act.act === 'withdrawn') begun.splice(own, own < 0 ? 0 : 1);
    else if (act.act === 'applied') {
      const tags = act.after === undefined ? [] : [act.after];
      // Its beginning was passed over: another one that was begun later ended before it.
      settled = new Set([...(begun[own]?.meanwhile ?? settled), ...tags]);
      begun.splice(0, own + 1);
      for (const { meanwhile } of begun) meanwhile.push(...tags);
      last = act;
      for (const tag of tags) ever.add(tag);
    }
  }
  const open = begun.map(({ tag }) => tag);
  const now = new Set([...settled, ...open].filter((tag) => tag !== undefined));
  const isUnknown = (last && last.after === undefined) || open.includes(undefined);
  const persons = last?.proposalId === undefined ? undefined : wrongPersons(last, record, proposed, acts);
  return { now, ever, ...(persons !== undefined && { last: persons }), ...(isUnknown && { isUnknown }) };
}

const nameOfChange = ({ proposalId, by }: Act): string => proposalId ?? by;

function wrongPersons(
  last: Act,
  record: unknown,
  proposed: ReadonlyMap<string, Act>,
  acts: readonly Act[],
): string | undefined {
  const { proposalId, subject } = last;
  const begun = proposed.get(nameOfChange(last));
  if (!begun) return 'nobody proposed what was applied last';
  const approvals = acts.filter((one) => one.act === 'approved' && one.proposalId === proposalId);
  if (!approvals.some(({ by }) => by !== begun.by)) return 'no second person approved what was applied last';
  // Where a change was begun since, the record may be that one's, and says nothing of what this one left out.
  if (tagOf(record) !== last.after) return undefined;
  const kind = SubjectKind.safeParse(subject.kind);
  const tag = kind.success ? tagOfChange({ kind: kind.data, id: subject.id }, begun.change, record) : undefined;
  return tag === undefined || tag === last.after ? undefined : 'it was applied otherwise than it was proposed';
}

/**
 * What a record is called that becomes what a change says; undefined where that does not follow from the change. `record`: what
 * is compared with it, from which a day is taken that the change leaves to this service.
 */
function tagOfChange({ kind, id }: ActSubject, change: unknown, record: unknown): RecordTag | undefined {
  if (typeof change !== 'object' || change === null) return undefined;
  const read = () => {
    switch (kind) {
      case 'agencies':
        return Agency.safeParse({ ...change, code: id });
      case 'clients':
        return Client.safeParse({ ...change, id });
      case 'merchant-accounts':
        return MerchantAccount.safeParse({ ...change, ...leftTo(MerchantAccount.parse(record), change), id });
      case 'beneficiaries': {
        const [agencyCode, beneficiary, effectiveFrom] = id.split(' ');
        return BeneficiaryRecord.safeParse({ ...change, agencyCode, beneficiary, effectiveFrom });
      }
      default:
        return undefined;
    }
  };
  const become = read();
  return become?.success ? tagOf(become.data) : undefined;
}

/** The days of an account that a change does not say, and the one since when a bank account holds where it says none later. */
function leftTo(account: MerchantAccount, change: Partial<MerchantAccount>): Partial<MerchantAccount> {
  const { accountSince: since } = account;
  const { accountSince: said = '' } = change;
  return {
    ...Object.fromEntries(
      STAYS_UNSAID.filter((name) => !(name in change) && account[name] !== undefined).map((name) => [
        name,
        account[name],
      ]),
    ),
    ...(since !== undefined && since > said && { accountSince: since }),
  };
}

export type RegistryProof = { breach?: BookBreach; records: number };

/** Of the whole registry. `first`: the first day of the logbook, from which on whatever it made must still be there. */
export async function proveRegistry(
  first: Day,
  dependencies: ProveRegistryDependencies & { log: Pick<AuditLog, 'named' | 'ofDay'> },
): Promise<RegistryProof> {
  const { rows, log, now } = dependencies;
  const there = new Set<string>();
  const made = await recordsMade(daysBetween(first, vietnamDay(now())), log);
  let after: string | undefined;
  do {
    const page = await rows.page(after);
    const [wrong] = await wrongRows(page.rows, dependencies);
    if (wrong) return { records: there.size, breach: wrong };
    for (const { row } of page.rows) if (row?.kind === 'record') there.add(nameOf(row.subject));
    after = page.after;
  } while (after !== undefined);
  const gone = [...made].find((name) => !there.has(name));
  const breach = gone && { kind: 'registry_missing' as const, key: gone, detail: 'the logbook knows that it was made' };
  return { records: there.size, ...(breach && { breach }) };
}

const nameOf = ({ kind, id }: { kind: string; id: string }): string => `${kind} ${id}`;

/** Names of all records that the logbook knows to have been made. Connections are secrets, and in no table. */
async function recordsMade(days: readonly Day[], log: Pick<AuditLog, 'ofDay'>): Promise<Set<string>> {
  const made = new Set<string>();
  for (const day of days) {
    let after: string | undefined;
    do {
      const page = await log.ofDay({ day, after, limit: ACTS_AT_ONCE });
      for (const { act, subject } of page.entries.filter(isOfRegistry))
        if (act === 'applied' && SubjectKind.safeParse(subject.kind).success && subject.kind !== 'dialects')
          made.add(nameOf(subject));
      after = page.next;
    } while (after !== undefined);
  }
  return made;
}
