import type { DynamoDBDocumentClient } from '../../shared/aws/dynamodb.ts';
import { InvoiceNumber } from '../../shared/domain/invoice/number.ts';
import { cursorBefore } from '../../shared/domain/notification/feed.ts';
import type { Instant } from '../../shared/domain/time.ts';
import { EndpointStore } from '../../shared/store/endpoint-store.ts';
import { parseStored } from '../../shared/store/invoice-item.ts';
import { daysToSweep, EXPIRY_GRACE_MILLISECONDS } from '../../shared/usecases/expire-invoices.ts';
import { Agency } from './agency.ts';
import { BankBooks } from './bank-books.ts';
import { BEGIN, Clock, DAY, HOUR, MINUTE, SECOND } from './clock.ts';
import { AGENCIES, ENDPOINTS, PORTALS } from './country.ts';
import { Desk } from './desk.ts';
import type { Item } from './expression.ts';
import {
  CALM,
  drawFaults,
  type Faults,
  MOST_DRY,
  MOST_MIXED,
  MOST_OUTAGES,
  MOST_SKEWED,
  NOTHING_FAILS,
} from './faults.ts';
import { History } from './history.ts';
import { Invariants } from './invariants.ts';
import { Network } from './network.ts';
import { drawDossiers, Portal } from './portal.ts';
import { BrokenInvariant, brokenBy, type Happened, Host, must, type Process } from './process.ts';
import { Banks } from './provider.ts';
import { Random } from './random.ts';
import { Scheduler } from './scheduler.ts';
import { endpointUrls, Service, type Wiring } from './service.ts';
import { mustBeSettled } from './settled.ts';
import { type Command, SimulatedTables, type TableName } from './store.ts';
import type { Commit } from './table.ts';

/** Steps in which everything must settle once the faults are over, for each step before, and at least. */
const CALM_STEPS_A_STEP = 20;
const LEAST_CALM_STEPS = 20_000;
/** How often dead letters are sent back before we say that it does not settle. */
const MAX_REDRIVES = 10;
/** Share of the runs that go on until the usual deadline has passed: some hundred steps more. */
const LONG_RUNS = 0.2;
const USUAL_DEADLINE = 17 * DAY;

/** Runs in which the stream stands still, and in which an endpoint is closed, each from some step on, for so many hours. */
const OUTAGES = 0.15;
const STREAM_OFF_HOURS = [2, 40] as const;
const CLOSINGS = 0.1;
const CLOSED_HOURS = [12, 4 * 24] as const;
/** Runs in which the banks answer no question, from the beginning until so many hours after the storm, and tell seldom. */
const SILENCES = 0.12;
const SILENT_HOURS = [1, 8] as const;
/** Runs in which invoices end soon, are filled to their last place but one, and are paid when their deadline passes. */
const CROWDS = 0.14;
const CROWDED_STEPS = 3;
/** Runs full of words that nobody can enter, among outages, and tables that run out of capacity. */
const DOUBTS = 0.1;
/** Runs in which invoices end soon, and are paid in the very last moment that is in time, or while they are written down as expired. */
const PUNCTUAL = 0.08;
/** Runs in which invoices end soon, and citizens who paid in time come again, because nobody has heard of it. */
const RETURNING = 0.12;
/** Runs in which citizens start to pay again, and again, the moment a bank declines, or in the last minutes of an attempt. */
const IMPATIENT = 0.1;
/** Runs in which banks take back all that they brought, and say two things of what belongs to nobody. */
const MUDDLED = 0.12;
/** Runs in which invoices end soon, and are looked at by a sweep the moment they are made or paid; then the money goes back. */
const SWEPT = 0.1;
/** Of these moments, so many are met by a sweep. */
const MET_BY_A_SWEEP = 0.3;
/** Runs in which the endpoints are blocked, again and again, and answer in the moment in which an event is held back from them. */
const REOPENING = 0.1;
const REOPENED = 0.5;
const BLOCKED_AGAIN = MINUTE;
/** How long clocks are wrong, when they are wrong in the calm. */
const CLOCKS_DISAGREE = MINUTE;
/** How long before an outage a repair of it begins. */
const BEFORE_OUTAGE = HOUR;
/** How long everything still goes wrong when it is repaired, or when silent payments are taken up. */
const REPAIRED_AMONG_FAULTS = 20 * MINUTE;

export type Outcome = {
  seed: number;
  steps: number;
  fingerprint: string;
  /** What broke; absent if nothing did. */
  broken?: string;
  history: string[];
  faults: Faults;
  counts: Record<string, number>;
  /** What happened to each kind of call. */
  happened: ReadonlyMap<string, Happened>;
};

/** One story from one seed: `events` steps with faults, then the calm in which everything must settle. */
export async function run(seed: number, events: number, wiring: Wiring = {}): Promise<Outcome> {
  const world = new World(seed, events, wiring);
  const broken = await brokenBy(async () => {
    await world.storm(events);
    await world.settle(LEAST_CALM_STEPS + events * CALM_STEPS_A_STEP);
  });
  const { history, host } = world;
  return {
    seed,
    steps: history.length,
    fingerprint: history.fingerprint,
    ...(broken !== undefined && { broken }),
    history: history.recent(),
    faults: host.faults === CALM ? world.drawn : host.faults,
    counts: world.counts(),
    happened: host.happened,
  };
}

class World {
  readonly history = new History();
  readonly host: Host;
  readonly drawn: Faults;
  readonly #clock = new Clock();
  readonly #random: Random;
  readonly #scheduler: Scheduler;
  readonly #invariants: Invariants;
  readonly #tables: SimulatedTables;
  readonly #agencies: ReadonlyMap<string, Agency>;
  readonly #service: Service;
  readonly #banks: Banks;
  readonly #books: BankBooks;
  readonly #portals: Portal[];
  readonly #desks: Desk[];
  readonly #dossiers: ReturnType<typeof drawDossiers>;
  readonly #long: LongOutages;
  #streamOffSince: Instant = 0;
  #lost: ReadonlySet<string> = new Set();
  #calm = false;

  constructor(seed: number, events: number, wiring: Wiring) {
    this.#long = drawLongOutages(new Random(seed + LONG_OUTAGES), events);
    this.#random = new Random(seed);
    this.#scheduler = new Scheduler(this.#clock, this.history);
    this.drawn = drawFaults(this.#random.fork());
    if (this.#long.crowd) this.drawn.mixed = MOST_MIXED;
    if (this.#long.doubt) Object.assign(this.drawn, { outages: MOST_OUTAGES, dry: MOST_DRY });
    if (this.#long.impatient) this.drawn.skewed = MOST_SKEWED;
    if (this.#long.reopening) Object.assign(this.drawn, NOTHING_FAILS);
    const now = () => this.#clock.at;
    this.host = new Host(this.#scheduler, this.#clock, this.#random.fork(), this.drawn);
    this.#invariants = new Invariants(now);
    this.#tables = new SimulatedTables(
      now,
      this.#random.fork(),
      () => this.host.faults.lag,
      (table, commit) => this.#committed(table, commit),
      (key) => this.#banks.toldWhenRead.get(key)?.(),
    );
    // The days before this story were swept when they were over.
    for (const day of daysToSweep(now()).slice(0, -1)) this.#tables.tables.work.put({ p: 'due#swept', s: day }, {});
    this.#agencies = new Map(endpointUrls().map((url) => [url, new Agency(this.#random.fork(), this.host, now)]));
    const { host } = this;
    const books = new BankBooks(host, this.#clock, this.#random.fork(), this.#invariants);
    const chosen = { late: this.#long.crowd !== undefined, parts: this.#long.impatient !== undefined };
    const others = { agencies: this.#agencies, books, chosen };
    this.#service = new Service(this.#scheduler, host, this.#random.fork(), this.#tables, others, wiring);
    const network = new Network(this.#scheduler, host, this.#random.fork());
    const place = { scheduler: this.#scheduler, clock: this.#clock, network };
    const around = { service: this.#service, invariants: this.#invariants, books };
    this.#banks = new Banks(place, this.#random.fork(), around);
    const { books: silence, crowd, doubt, punctual, returning, impatient, muddled, swept } = this.#long;
    if (silence) books.closedUntil = Number.POSITIVE_INFINITY;
    this.#banks.habits = {
      ...(silence && { silent: silence.random }),
      ...(crowd && { crowding: crowd }),
      ...(doubt && { doubting: doubt }),
      ...(punctual && { punctual }),
      ...(returning && { returning }),
      ...(impatient && { impatient }),
      ...(muddled && { muddled }),
      ...(swept && { swept }),
    };
    this.#books = books;
    this.#banks.invoiceAt = (number) => this.#tables.tables.invoices.at(number);
    this.#banks.watch = (actor) => this.#watch(actor);
    this.#banks.sweep = () => {
      const slow = this.host.start('sweep');
      slow.pace = SLOW_PACE;
      this.#watch(this.#service.sweep(slow, false));
    };
    this.#banks.clocksAgree = () => this.host.faults.skewed === 0;
    this.#banks.clocksDisagreeIn = (wait) => this.#faultsIn(wait, CLOCKS_DISAGREE, { ...CALM, skewed: 1 });
    this.#dossiers = drawDossiers(this.#random.fork(), events);
    const parts = { service: this.#service, banks: this.#banks, invariants: this.#invariants };
    const known = { dossiers: this.#dossiers, invoiceAt: (key: string) => this.#tables.tables.invoices.at(key) };
    this.#desks = AGENCIES.map((code) => new Desk(code, place, this.#random.fork(), parts, known));
    this.#portals = PORTALS.map((caller) => new Portal(caller, place, this.#random.fork(), parts, this.#dossiers));
    const hurried = crowd ?? punctual ?? returning ?? swept;
    for (const portal of this.#portals) portal.isHurried = hurried !== undefined;
  }

  /** Everybody works, and things go wrong. */
  async storm(events: number): Promise<void> {
    const workers = this.#random.whole(1, 3);
    for (const portal of this.#portals) for (let worker = 0; worker < workers; worker += 1) this.#watch(portal.work());
    for (const desk of this.#desks) this.#watch(desk.work());
    this.#watch(this.#sweeps());
    if (this.#long.reopening) await this.#block();
    else this.#watch(this.#catchesUp());
    const { stream, closing } = this.#long;
    // Whoever waits for a deadline must find everything still going wrong.
    const { crowd, swept, reopening, impatient } = this.#long;
    const steps = events * (crowd || swept || reopening || impatient ? CROWDED_STEPS : 1);
    while (this.history.length < steps) {
      if (stream && this.history.length >= stream.from && !this.#service.stream.isOff) {
        this.#service.stream.stop();
        this.#streamOffSince = this.#clock.at;
      }
      if (closing && this.history.length >= closing.from) {
        const closed = this.#random.whole(0, this.#agencies.size - 1);
        [...this.#agencies.values()][closed]?.close(this.#clock.at + closing.hours * HOUR);
        delete this.#long.closing;
      }
      await this.#step();
    }
  }

  /** No more faults: everything must come to rest, and then be right. */
  async settle(most: number): Promise<void> {
    this.host.faults = CALM;
    this.#calm = true;
    this.#banks.calm = true;
    const { books: silence } = this.#long;
    if (silence) this.#books.closedUntil = this.#clock.at + silence.hours * HOUR;
    for (const actor of [...this.#portals, ...this.#desks]) actor.calm = true;
    if (this.#long.reopening) {
      for (const agency of this.#agencies.values()) agency.close(this.#clock.at);
      this.#watch(this.#catchesUp());
    }
    const limit = this.history.length + most;
    await this.#streamIsBack(limit);
    await this.#drain(limit);
    await this.#untilAsked(limit);
    for (const dossier of this.#dossiers)
      for (const portal of this.#portals) {
        this.#watch(portal.serve(dossier));
        await this.#drain(limit);
      }
    if (this.#random.chance(LONG_RUNS) || this.#long.swept)
      for (const wait of this.#waitsForDeadlines()) {
        this.#scheduler.in(wait - HOUR, 'a sweep among faults begins', () => {
          this.host.faults = this.drawn;
          this.#watch(this.#service.sweep(this.host.start('sweep')));
          return undefined;
        });
        this.#scheduler.in(wait - HOUR / 2, 'the calm is back', () => {
          this.host.faults = CALM;
          return undefined;
        });
        this.#sweepIn(wait);
        await this.#drain(limit);
        const overdue = [...this.#tables.tables.invoices.items()].filter((item) => this.#isOverdue(item));
        must(overdue.length === 0, `${overdue.map((item) => item['k'])} should have expired`);
      }
    const parts = { invariants: this.#invariants, tables: this.#tables, agencies: this.#agencies, lost: this.#lost };
    mustBeSettled(parts);
  }

  /** A sweep looks back over some days: where invoices of many days wait, it comes several times until all are due. */
  #waitsForDeadlines(): number[] {
    if (this.#long.swept) return [3 * HOUR];
    const many = this.#clock.at > BEGIN + DAY;
    const last = many ? Array.from({ length: 6 }, () => USUAL_DEADLINE / 5) : [USUAL_DEADLINE];
    return [3 * HOUR, DAY, ...last];
  }

  /** The stream stood still for longer than anybody worked. Then somebody sees it, and has that time repaired. */
  async #streamIsBack(limit: number): Promise<void> {
    const { stream } = this.#long;
    if (!stream || !this.#service.stream.isOff) return;
    const back = Math.max(this.#streamOffSince + stream.hours * HOUR - this.#clock.at, 0);
    this.#scheduler.in(back + REPAIRED_AMONG_FAULTS, 'the calm is back', () => {
      this.host.faults = CALM;
      return undefined;
    });
    this.#scheduler.in(back, 'the stream is read again', () => {
      this.host.faults = this.drawn;
      this.#lost = this.#service.stream.goOn(this.#clock.at);
      const time = { from: this.#streamOffSince - BEFORE_OUTAGE, to: this.#clock.at };
      this.#watch(this.#service.repair(time));
      return `${this.#lost.size} items are lost`;
    });
    await this.#drain(limit);
  }

  /** The sweep of every hour has those asked about that stayed silent, until all is known that a bank knows. */
  async #untilAsked(limit: number): Promise<void> {
    for (let hours = 0; hours < MOST_HOURS_OF_SILENCE; hours += 1) {
      if (this.#invariants.unanswered(this.#tables.tables.invoices).length === 0) return;
      if (hours < (this.#long.books?.hours ?? 0)) this.#faultsIn(HOUR, REPAIRED_AMONG_FAULTS);
      this.#sweepIn(HOUR);
      await this.#drain(limit);
    }
  }

  /** In so many milliseconds everything goes wrong again, for so many. */
  #faultsIn(wait: number, length: number, faults = this.drawn): void {
    this.#scheduler.in(wait, 'the faults are back', () => {
      if (this.#calm) this.host.faults = faults;
      return undefined;
    });
    this.#scheduler.in(wait + length, 'the calm is back', () => {
      if (this.#calm) this.host.faults = CALM;
      return undefined;
    });
  }

  #sweepIn(wait: number): void {
    this.#scheduler.in(wait, 'the sweep begins', () => {
      this.#watch(this.#service.sweep(this.host.start('sweep')));
      return undefined;
    });
  }

  /** What came about, by name: so that one can see whether a story of this kind is told at all. */
  counts(): Record<string, number> {
    const counts: Record<string, number> = {};
    const count = (name: string): void => {
      counts[name] = (counts[name] ?? 0) + 1;
    };
    for (const { bank } of this.#invariants.silent) count(`silent ${bank}`);
    for (const { movement } of this.#invariants.movements.values()) {
      const { category = 'PAID', kind, providerId } = movement;
      count(`money ${kind === 'payment' || kind === 'part' || kind === 'reversal' ? kind : category}`);
      if (providerId === 'counter') count(`desk ${kind}`);
      if (kind === 'unmatched' && category === 'REVERSED') count('money back before it came');
    }
    for (const item of this.#tables.tables.invoices.items()) {
      const stored = parseStored(item);
      count(stored.kind === 'invoice' ? `invoice ${stored.invoice.state}` : stored.kind);
      if (stored.kind === 'invoice' && stored.invoice.replacedBy) count('invoice replaced');
      if (stored.kind === 'invoice' && stored.invoice.attempts.some((one) => one.prepared)) count('invoice prepared');
      if (stored.kind === 'invoice' && stored.invoice.proposal) count(`proposal ${stored.invoice.proposal.state}`);
      if (stored.kind === 'review') count(`review ${stored.category}`);
    }
    for (const agency of this.#agencies.values()) for (const event of agency.applied) count(`event ${event.type}`);
    return counts;
  }

  /** Open although its deadline and the grace have passed. The sweep of the next hour would have met it. */
  #isOverdue(item: Item): boolean {
    const stored = parseStored(item);
    const passed = this.#clock.at - EXPIRY_GRACE_MILLISECONDS - HOUR;
    return stored.kind === 'invoice' && stored.invoice.state === 'open' && stored.invoice.expiresAt < passed;
  }

  /** Runs until nothing waits; dead letters and all else that gave up are sent back. */
  async #drain(limit: number): Promise<void> {
    const { inbox, deliveries, questions, republish, stream } = this.#service;
    for (let round = 0; ; round += 1) {
      while (await this.#step()) must(this.history.length < limit, 'it does not come to rest');
      const redriven =
        inbox.redrive() + deliveries.redrive() + questions.redrive() + republish.redrive() + stream.redrive();
      const back = redriven + this.#banks.repeatUnheard() + this.#catchUpWithBlocked();
      if (back === 0) break;
      must(round < MAX_REDRIVES, `${back} messages or callbacks never go through`);
    }
    const left = inbox.size + deliveries.size + questions.size + republish.size + stream.size;
    must(left === 0, `${left} messages or records are left over`);
  }

  /** Endpoints that were blocked after all had stood open. */
  #catchUpWithBlocked(): number {
    const blocked = [...this.#tables.tables.work.items()].filter(({ p }) => String(p).startsWith('endpoint#'));
    if (blocked.length > 0) this.#watch(this.#catchesUp());
    return blocked.length;
  }

  async #step(): Promise<boolean> {
    const went = await this.#scheduler.step();
    if (this.host.broken) throw this.host.broken;
    return went;
  }

  #committed(table: TableName, commit: Commit): void {
    this.#invariants.look(table, commit);
    if (!this.#calm) this.#meanwhile(table, commit);
    if (table === 'invoices') this.#service.stream.add(commit);
    if (table !== 'dossiers') return;
    const { success, data } = InvoiceNumber.safeParse((commit.after?.['n'] as unknown[] | undefined)?.at(-1));
    if (success) this.#claimed(data);
  }

  /** What somebody else does in that very moment, and is done with before the writer hears that it has written. */
  #meanwhile(table: TableName, { key, before, after }: Commit): void {
    const { swept, reopening } = this.#long;
    const isNoted = table === 'work' && DEADLINE.test(key) && after !== undefined;
    const isPaid = table === 'invoices' && before?.['st'] === 'open' && after?.['st'] === 'paid';
    if (swept && (isNoted || isPaid) && swept.chance(MET_BY_A_SWEEP))
      this.#atOnce('sweep', (process) => this.#service.sweep(process, false));
    const isHeld = table === 'work' && HELD_MONEY.test(key) && !before?.['hd'] && after?.['hd'] !== undefined;
    if (!reopening || !isHeld || !reopening.chance(REOPENED)) return;
    for (const agency of this.#agencies.values()) agency.close(this.#clock.at);
    this.#scheduler.in(reopening.whole(1, BLOCKED_AGAIN), 'the endpoints are blocked again', () => {
      if (!this.#calm) this.#watch(this.#block());
      return undefined;
    });
    this.#atOnce('replay-events', (process) => this.#service.catchUp(process));
  }

  /** As if a delivery had failed for the last time it is tried: what is under way by now is held back. */
  async #block(): Promise<void> {
    const db = {
      send: async (command: Command) => this.#tables.carryOut(command),
    } as unknown as DynamoDBDocumentClient;
    const blocked = new EndpointStore(db, 'work' satisfies TableName);
    const at = this.#clock.at;
    const first = { state: 'blocked' as const, blockedSince: at, failingSince: at, nextProbeAt: at, failures: 1 };
    for (const { owner } of ENDPOINTS)
      await blocked.block({ ...first, owner, cursor: cursorBefore(at, 0), why: 'timeout', version: 1 });
    for (const agency of this.#agencies.values()) agency.close(at + DAY);
  }

  #atOnce(kind: string, work: (process: Process) => Promise<unknown>): void {
    this.#scheduler.in(0, `${kind} is at work at once`, () => {
      const process = this.host.start(kind);
      process.pace = AT_ONCE_PACE;
      this.#watch(work(process));
      return process.name;
    });
  }

  /** Money without an invoice: under a number that was just claimed and has none yet, or under any other. */
  #claimed(number: InvoiceNumber): void {
    if (this.#calm) return;
    if (this.#random.chance(STRAYS))
      this.#stray(InvoiceNumber.parse(String(this.#random.whole(100_000_000_000, 999_999_999_999))));
    if (this.#random.chance(GUESSES) && !this.#tables.tables.invoices.at(number)) this.#stray(number);
  }

  #stray(number: InvoiceNumber): void {
    this.#scheduler.in(this.#random.whole(0, 100), `a stranger pays to ${number}`, () => {
      this.#watch(this.#banks.stray(number));
      return undefined;
    });
  }

  async #sweeps(): Promise<void> {
    while (!this.#calm) {
      const soon = this.#random.chance(SWEPT_SOON);
      const wait = soon ? this.#random.whole(SECOND, 4 * MINUTE) : this.#random.whole(20 * MINUTE, 12 * HOUR);
      await this.#scheduler.pause(wait, 'the hour of the sweep');
      if (!this.#calm) await this.host.live('sweep', (process) => this.#service.sweep(process));
    }
  }

  /** The minutes of those who ask blocked endpoints; in the calm they go on until every endpoint stands open. */
  async #catchesUp(): Promise<void> {
    for (let open = false; !(this.#calm && open); ) {
      await this.#scheduler.pause(this.#random.whole(1, 30) * MINUTE, 'the minute of catching up');
      const left = await this.host.live('replay-events', (process) => this.#service.catchUp(process));
      open = left === 0 && ![...this.#agencies.values()].some(({ isClosed }) => isClosed);
    }
  }

  /** What breaks inside an actor ends the run. */
  #watch(actor: Promise<unknown>): void {
    actor.catch((error: unknown) => {
      this.host.broken ??=
        error instanceof BrokenInvariant ? error : new BrokenInvariant(`an actor failed: ${(error as Error).stack}`);
    });
  }
}

type LongOutage = { from: number; hours: number };
type LongOutages = {
  stream?: LongOutage;
  closing?: LongOutage;
  books?: { hours: number; random: Random };
  crowd?: Random;
  doubt?: Random;
  punctual?: Random;
  returning?: Random;
  impatient?: Random;
  muddled?: Random;
  swept?: Random;
  reopening?: Random;
};

/** Numbers of their own, so that all other stories stay what they were. */
const LONG_OUTAGES = 2 ** 33;

function drawLongOutages(random: Random, events: number): LongOutages {
  const one = (share: number, [least, most]: readonly [number, number]) =>
    random.chance(share) ? { from: random.whole(0, events - 1), hours: random.whole(least, most) } : undefined;
  const [stream, closing] = [one(OUTAGES, STREAM_OFF_HOURS), one(CLOSINGS, CLOSED_HOURS)];
  const silence = random.chance(SILENCES) ? { hours: random.whole(...SILENT_HOURS), random: random.fork() } : undefined;
  const crowd = random.chance(CROWDS) ? random.fork() : undefined;
  const doubt = random.chance(DOUBTS) ? random.fork() : undefined;
  const punctual = random.chance(PUNCTUAL) ? random.fork() : undefined;
  const returning = random.chance(RETURNING) ? random.fork() : undefined;
  const impatient = random.chance(IMPATIENT) ? random.fork() : undefined;
  const muddled = random.chance(MUDDLED) ? random.fork() : undefined;
  const swept = random.chance(SWEPT) ? random.fork() : undefined;
  const reopening = random.chance(REOPENING) ? random.fork() : undefined;
  return {
    ...(stream && { stream }),
    ...(closing && { closing }),
    ...(silence && { books: silence }),
    ...(crowd && { crowd }),
    ...(doubt && { doubt }),
    ...(punctual && { punctual }),
    ...(returning && { returning }),
    ...(impatient && { impatient }),
    ...(muddled && { muddled }),
    ...(swept && { swept }),
    ...(reopening && { reopening }),
  };
}

/** Once an hour, then once a day from the twelfth hour on, a bank is asked: it has so long to answer when all is calm. */
const MOST_HOURS_OF_SILENCE = 40;
/** Of a process that others overtake at each of its steps, and of one that is done before anybody else does anything. */
const SLOW_PACE = 500;
const AT_ONCE_PACE = 0.001;
/** Where it is noted what became of telling an agency of money. */
const HELD_MONEY = /^told#.*_(?:paid|unmatched|surplus|part|succeeded|late).*#agency:/s;
/** Where the deadlines of a day are noted. */
const DEADLINE = /^due#\d{4}-/;
/** Sweeps that come while everybody is at work. */
const SWEPT_SOON = 0.3;
/** Strangers who pay to any number, and to one that has no invoice yet, for each number that is claimed. */
const STRAYS = 0.1;
const GUESSES = 0.15;
