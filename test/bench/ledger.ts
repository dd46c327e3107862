import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { DayBalance } from '../../shared/domain/ledger/balances.ts';
import type { JournalEntry } from '../../shared/domain/ledger/journal.ts';
import { account } from '../../shared/domain/ledger/ledger.ts';
import type { LyingEntry, SealHead } from '../../shared/domain/ledger/seal.ts';
import { dong } from '../../shared/domain/money/dong.ts';
import { addDays, DAY_MILLISECONDS, type Day, daysBetween, startOfDay, vietnamDay } from '../../shared/domain/time.ts';
import { journalItem } from '../../shared/store/journal-item.ts';
import { projectBalances } from '../../shared/usecases/project-balances.ts';
import { sealLedger } from '../../shared/usecases/seal-ledger.ts';
import { accountsAt } from '../../shared/usecases/trial-balance.ts';
import { verifyLedger } from '../../shared/usecases/verify-ledger.ts';

/**
 * `node test/bench/ledger.ts 1000000`: seals, proves, projects and balances so many entries, one step after the other, and
 * prints the seconds of each and the memory of the process at most by then. The journal is made as it is read and the seals
 * lie in a folder, so what is measured is the work itself, without an engine's and a network's time.
 */

const AGENCIES = Array.from({ length: 50 }, (_, index) => `H${20 + Math.floor(index / 10)}.${10 + (index % 10)}`);
const DAYS = 20;
const FIRST: Day = '2026-10-01';
const PURSES = 20;
const ACCOUNTS = 4;
const SHARDS_OF_A_BATCH = 100;

const entries = Number(process.argv[2] ?? 1_000_000);
const aDay = Math.ceil(entries / AGENCIES.length / DAYS);
const step = Math.floor(DAY_MILLISECONDS / aDay);

function entryAt(agencyCode: string, day: Day, place: number): JournalEntry {
  const committedAt = startOfDay(day) + place * step;
  const transactionId = `${agencyCode}-${day}-${place}`;
  const amount = dong(10_000 + (place % 97) * 1_000);
  return {
    movementId: `mov_bench_${transactionId}`,
    kind: 'payment',
    amount,
    providerId: 'vnpay',
    merchantAccountId: `vnpay.${agencyCode}.${place % ACCOUNTS}`,
    terminal: 'BENCH001',
    transactionId,
    attempt: 1,
    paidAt: committedAt - 1_000,
    committedAt,
    lines: [
      { side: 'debit', account: account.clearing(`vnpay.${agencyCode}.${place % ACCOUNTS}`), amount },
      { side: 'credit', account: account.payable(agencyCode, `purse-${place % PURSES}`), amount },
    ],
    agencyCode,
    invoiceNumber: String(100_000_000_000 + place),
    dossierCode: `${agencyCode}-261001-0001`,
    evidenceHash: 'e'.repeat(64),
    accountingDate: day,
    act: { step: 'post-payment', persons: [] },
  } as JournalEntry;
}

function* ofDay(agencyCode: string, day: Day, from = 0, to = Number.POSITIVE_INFINITY): Generator<JournalEntry> {
  if (!AGENCIES.includes(agencyCode) || day < FIRST || day >= addDays(FIRST, DAYS)) return;
  const begin = startOfDay(day);
  const first = Math.max(0, Math.ceil((from - begin) / step));
  for (let place = first; place < aDay && begin + place * step < to; place += 1) yield entryAt(agencyCode, day, place);
}

const journal = {
  async *ofDay({ agencyCode, day }: { agencyCode: string; day: Day }) {
    yield* ofDay(agencyCode, day);
  },
  async *between({ agencyCode, from, to }: { agencyCode: string; from: number; to: number }) {
    for (const day of daysBetween(vietnamDay(from), vietnamDay(to - 1)))
      for (const entry of ofDay(agencyCode, day, from, to)) yield journalItem(entry) as unknown as LyingEntry;
  },
  async at(keys: readonly { p: string; s: string }[]) {
    if (keys.length > SHARDS_OF_A_BATCH) throw new RangeError('more keys than a table answers');
    return keys.map(({ s }) => {
      const [, agencyCode = '', day = '', place = ''] = /_(H[0-9.]+)-([0-9-]{10})-([0-9]+)$/.exec(s) ?? [];
      return journalItem(entryAt(agencyCode, day, Number(place))) as unknown as LyingEntry;
    });
  },
};

const folder = mkdtempSync(path.join(tmpdir(), 'thuphi-ledger-'));
const fileOf = (segment: number): string => path.join(folder, String(segment));
let last = 0;
let head: SealHead | undefined;
const seals = {
  keep: async (segment: number, text: string) => {
    writeFileSync(fileOf(segment), text);
    last = segment;
    return true;
  },
  read: async (segment: number) => (segment <= last ? readFileSync(fileOf(segment), 'utf8') : undefined),
  head: async () => head,
  remember: async (next: SealHead) => {
    head = next;
  },
};

const days = new Map<string, string>();
let projectedTo: Day | undefined;
const balances = {
  find: async (agencyCode: string, day: Day) => {
    const text = days.get(`${agencyCode} ${day}`);
    return text === undefined ? undefined : (JSON.parse(text) as DayBalance);
  },
  put: async (balance: DayBalance) => void days.set(`${balance.agencyCode} ${balance.day}`, JSON.stringify(balance)),
  projectedTo: async () => projectedTo,
  markProjected: async (day: Day) => {
    projectedTo = day;
  },
};

const registry = { agencyCodes: async () => AGENCIES };
const now = () => startOfDay(addDays(FIRST, DAYS + 1));
const dependencies = { journal, seals, balances, registry, first: startOfDay(FIRST), now };
const eve = addDays(FIRST, DAYS - 1);

async function measured(what: string, work: () => Promise<string>): Promise<void> {
  const began = performance.now();
  const said = await work();
  const seconds = ((performance.now() - began) / 1_000).toFixed(1);
  console.log(`${what}: ${seconds} s, ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB at most; ${said}`);
}

try {
  await measured('seal', async () => {
    let sealed = 0;
    for (let more = -1; more !== 0; sealed += more) more = (await sealLedger(dependencies)).entries;
    return `${last} segments, ${sealed} entries`;
  });
  await measured('rebuild the balances', async () => {
    const { written } = await projectBalances({ from: FIRST, to: eve, first: FIRST }, dependencies);
    return `${written} balances`;
  });
  await measured('trial balance of the last day', async () => {
    const rows = await accountsAt(AGENCIES, eve, now(), { ...dependencies, first: FIRST });
    return `${rows.length} accounts, from the projection and the day`;
  });
  await measured('trial balance without a projection', async () => {
    projectedTo = undefined;
    const rows = await accountsAt(AGENCIES, eve, now(), { ...dependencies, first: FIRST });
    return `${rows.length} accounts, from every entry`;
  });
  await measured('verify', async () => {
    const proof = await verifyLedger(dependencies);
    if (proof.breach) throw new Error(proof.breach.detail);
    return `${proof.segments} segments, ${proof.entries} entries proved`;
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
