import type { JournalEntry } from '../../shared/domain/ledger/journal.ts';
import { account } from '../../shared/domain/ledger/ledger.ts';
import { QUIET_MILLISECONDS, readSegment } from '../../shared/domain/ledger/seal.ts';
import { Dong } from '../../shared/domain/money/dong.ts';
import { DAY_MILLISECONDS, startOfDay, vietnamDay } from '../../shared/domain/time.ts';
import { journalItem } from '../../shared/store/journal-item.ts';
import { sha256 } from '../../shared/usecases/hashing.ts';
import { keepLedger } from '../../shared/usecases/keep-ledger.ts';
import { projectBalances } from '../../shared/usecases/project-balances.ts';
import { sealLedger } from '../../shared/usecases/seal-ledger.ts';
import { type Around, type CrashCase, through } from '../dsl/crash-matrix.ts';
import { MemoryBalances } from '../fakes/memory-balances.ts';
import { MemoryJournal } from '../fakes/memory-journal.ts';
import { MemoryJournalScanner, MemorySeals } from '../fakes/memory-seals.ts';

/** Cases of the crash matrix: the ledger is sealed, proved and added up. */

const AGENCY = 'H29.12';
const HOUR = 3_600_000;
const FIRST = Date.parse('2026-11-22T20:10:00+07:00');
const FIRST_DAY = vietnamDay(FIRST);

export function anEntry(committedAt: number, id: number, agencyCode = AGENCY, amount = 1000 + id): JournalEntry {
  const dong = Dong.parse(amount);
  return {
    movementId: `mov_vnpay_${id}`,
    kind: 'payment',
    amount: dong,
    providerId: 'vnpay',
    merchantAccountId: `vnpay.${agencyCode}`,
    terminal: 'T1',
    transactionId: String(id),
    paidAt: committedAt,
    committedAt,
    lines: [
      { side: 'debit', account: account.clearing(`vnpay.${agencyCode}`), amount: dong },
      { side: 'credit', account: account.payable(agencyCode, 'main'), amount: dong },
    ],
    agencyCode,
    evidenceHash: 'a'.repeat(64),
    accountingDate: vietnamDay(committedAt),
  };
}

/** The ledger in memory: what is appended lies in the journal as the table would have it. */
export function ledgerWorld(now: number, agencies: readonly string[] = [AGENCY]) {
  const reading = new MemoryJournal();
  const lying = new MemoryJournalScanner();
  const seals = new MemorySeals();
  const balances = new MemoryBalances();
  const clock = { at: now };
  const registry = { agencyCodes: async () => [...agencies] };
  const append = async (entry: JournalEntry) => {
    await reading.append(entry);
    lying.put(journalItem(entry));
  };
  const journal = {
    ofDay: reading.ofDay.bind(reading),
    between: lying.between.bind(lying),
    at: lying.at.bind(lying),
  };
  const dependencies = { journal, seals, balances, registry, first: FIRST, now: () => clock.at };
  return { reading, lying, seals, balances, clock, append, dependencies };
}
type LedgerWorld = ReturnType<typeof ledgerWorld>;

const portsOf = ({ dependencies }: LedgerWorld, around: Around) => ({
  ...dependencies,
  journal: through(dependencies.journal, around, ['ofDay', 'between']),
  seals: through(dependencies.seals, around),
  balances: through(dependencies.balances, around),
  registry: through(dependencies.registry, around),
});

/** All that was kept; when it was sealed, and the roots which that changes, are the run's own. */
const kept = ({ seals, balances }: LedgerWorld) => ({
  segments: [...seals.segments.values()].map((text) => {
    const { header, entries } = readSegment(text, sha256);
    return { segment: header.segment, span: [header.from - FIRST, header.to - FIRST], entries };
  }),
  remembered: seals.remembered?.segment,
  balances: [...balances.days.entries()].sort(),
  projectedTo: balances.head,
});

function onLedger(
  useCase: string,
  story: string,
  now: number,
  call: (ports: ReturnType<typeof portsOf>) => Promise<unknown>,
): CrashCase<LedgerWorld> {
  return {
    useCase,
    story,
    world: async () => {
      const world = ledgerWorld(now);
      for (const [id, hour] of [0, 1, 1, 3].entries()) await world.append(anEntry(FIRST + hour * HOUR, id));
      return world;
    },
    call: (world, around) => call(portsOf(world, around)),
    state: kept,
    wait: ({ clock }, milliseconds) => {
      clock.at += milliseconds;
    },
  };
}

const NEXT_MORNING = startOfDay(FIRST_DAY) + DAY_MILLISECONDS + 4 * HOUR;

export const ledgerCases = [
  onLedger('seal-ledger', 'three hours are quiet', FIRST + 3 * HOUR + QUIET_MILLISECONDS, sealLedger),
  onLedger('project-balances', 'two days are over', NEXT_MORNING, (ports) =>
    projectBalances({ from: FIRST_DAY, to: FIRST_DAY, first: FIRST_DAY }, ports),
  ),
  onLedger('keep-ledger', 'a night is over', NEXT_MORNING, keepLedger),
] as const;
