import { UNASSIGNED } from '../domain/ledger/ledger.ts';
import {
  afterFailure,
  type BlockedEndpoint,
  type BlockedEndpoints,
  CATCH_UP_EVENTS_A_RUN,
  CATCH_UP_MILLISECONDS_A_RUN,
  LEASE_MILLISECONDS,
  type MissedDeliveries,
} from '../domain/notification/blocked.ts';
import type { Delivery } from '../domain/notification/delivery.ts';
import { moneyEventsOf } from '../domain/notification/outgoing.ts';
import type { Exception, ExceptionBook } from '../domain/reconciliation/exception.ts';
import { vietnamDay } from '../domain/time.ts';
import { type DeliverDependencies, deliverEvent } from './deliver-event.ts';
import { agencyOf } from './deliver-or-hold.ts';
import { eventHash, exceptionId } from './hashing.ts';
import { inParallel } from './in-parallel.ts';
import { type FeedDependencies, readFeed } from './read-feed.ts';

export type CatchUpDependencies = DeliverDependencies &
  FeedDependencies & {
    blocked: BlockedEndpoints;
    missed: MissedDeliveries;
    exceptions: Pick<ExceptionBook, 'open'>;
  };

/** Events read at once: no more than these are held, however long an endpoint was down. */
const PAGE = 100;

export type CaughtUp = {
  told: number;
  /** `busy`: another run has it in hand. `more`: it answers, and the next run goes on. */
  outcome: 'open' | 'more' | 'failed' | 'disabled' | 'busy';
};

/**
 * Asks an endpoint that did not answer, with the next event that is due; as long as it answers, tells it what it missed:
 * what the feed cannot tell, oldest first, then the feed in its order. Bounded in events and time.
 *
 * Before the last of it, deliveries are let through again (`handover`). Whatever was held back until then stood in the
 * journal or among the missed before that moment, so one more reading of both, beyond the watermark, tells all of it; what
 * comes later is sent on its own. An event may be told twice, under the same id; none is left out.
 */
export async function catchUp(owner: BlockedEndpoint, dependencies: CatchUpDependencies): Promise<CaughtUp> {
  const { blocked, now } = dependencies;
  const began = now();
  const leased = await blocked.save({ ...owner, nextProbeAt: began + LEASE_MILLISECONDS });
  if (!leased) return { told: 0, outcome: 'busy' };
  const run = new Run(leased, dependencies);
  for (;;) {
    const round = await run.round();
    if (round.kind === 'failed') return { told: run.told, outcome: await run.fail(round.why) };
    if (round.kind === 'overtaken') return { told: run.told, outcome: 'busy' };
    if (round.kind === 'done') return { told: run.told, outcome: (await run.finish()) ? 'open' : 'busy' };
    const spent = run.told >= CATCH_UP_EVENTS_A_RUN || now() - began >= CATCH_UP_MILLISECONDS_A_RUN;
    if (spent) return { told: run.told, outcome: (await run.pause()) ? 'more' : 'busy' };
  }
}

type Round = { kind: 'more' | 'done' | 'overtaken' } | { kind: 'failed'; why: string };

/** One run over one endpoint: the item as it last stood, and how much was told. */
class Run {
  told = 0;
  #item: BlockedEndpoint;
  readonly #dependencies: CatchUpDependencies;

  constructor(item: BlockedEndpoint, dependencies: CatchUpDependencies) {
    this.#item = item;
    this.#dependencies = dependencies;
  }

  /** One page of what was missed and one of the feed. */
  async round(): Promise<Round> {
    const { missed } = this.#dependencies;
    const { owner } = this.#item;
    const events = await missed.first(owner, PAGE);
    for (const event of events) {
      const failed = await this.#tell(event);
      if (failed) return { kind: 'failed', why: failed };
      await missed.forget(owner, [event]);
    }
    const feed = await this.#feedPage();
    if (typeof feed !== 'boolean') return feed;
    if (!(await this.#save({}))) return { kind: 'overtaken' };
    if (events.length === PAGE || !feed) return { kind: 'more' };
    if (this.#item.state === 'handover') return { kind: 'done' };
    return { kind: (await this.#save({ state: 'handover' })) ? 'more' : 'overtaken' };
  }

  /** True: there is nothing more in the feed. */
  async #feedPage(): Promise<boolean | Round> {
    const { owner, state, cursor } = this.#item;
    const agencyCode = agencyOf(owner);
    if (agencyCode === undefined) return true;
    const whole = state === 'handover';
    const page = await readFeed({ agencyCode, cursor, limit: PAGE, whole }, this.#dependencies);
    for (const { entry, after } of page.items) {
      for (const event of moneyEventsOf(entry, eventHash)) {
        const failed = await this.#tell(event);
        if (failed) return { kind: 'failed', why: failed };
      }
      this.#item = { ...this.#item, cursor: after };
    }
    this.#item = { ...this.#item, cursor: page.cursor };
    return page.caughtUp;
  }

  /** Answers why it failed, or nothing. An event that nobody asked for counts as told. */
  async #tell(event: Delivery['event']): Promise<string | undefined> {
    const answer = await deliverEvent({ owner: this.#item.owner, event }, this.#dependencies);
    if (answer.kind === 'failed') return answer.why;
    if (answer.kind === 'delivered') {
      this.told += 1;
      const at = this.#dependencies.now();
      this.#item = { ...this.#item, failures: 0, failingSince: at, why: '' };
    }
    return undefined;
  }

  async #save(change: Partial<BlockedEndpoint>): Promise<boolean> {
    const { blocked, now } = this.#dependencies;
    const saved = await blocked.save({
      ...this.#item,
      nextProbeAt: now() + LEASE_MILLISECONDS,
      ...change,
    });
    if (saved) this.#item = saved;
    return saved !== undefined;
  }

  /** It answers; the next run goes on at once. */
  pause(): Promise<boolean> {
    return this.#save({ nextProbeAt: this.#dependencies.now() });
  }

  finish(): Promise<boolean> {
    return this.#dependencies.blocked.open(this.#item);
  }

  /** Keeps how far it came, and asks again later; or gives up, and says so. */
  async fail(why: string): Promise<CaughtUp['outcome']> {
    const failed = afterFailure(this.#item, why, this.#dependencies.now());
    // The notice comes first: were it lost after the item is written, nobody would hear of it.
    if (failed.state === 'disabled') await this.#dependencies.exceptions.open(disabledNotice(failed));
    const { version: _, ...change } = failed;
    if (!(await this.#save(change))) return 'busy';
    return failed.state === 'disabled' ? 'disabled' : 'failed';
  }
}

function disabledNotice({ owner, failingSince, nextProbeAt }: BlockedEndpoint): Exception {
  return {
    exceptionId: exceptionId('endpoint', owner, String(failingSince)),
    category: 'ENDPOINT_DISABLED',
    state: 'OPEN',
    source: 'delivery',
    agencyCode: agencyOf(owner) ?? UNASSIGNED,
    providerId: 'webhook',
    transactionId: owner,
    businessDate: vietnamDay(failingSince),
    openedAt: nextProbeAt,
    ours: null,
    theirs: null,
  };
}

/** Endpoints that are caught up with beside each other. */
const ENDPOINTS_AT_ONCE = 16;

/**
 * Asks every endpoint whose time has come, each on its own: a slow one delays no other. Answers how many there were. Throws
 * the first error of a store when all are done.
 */
export async function catchUpDue(
  dependencies: CatchUpDependencies,
  done: (endpoint: BlockedEndpoint, result: CaughtUp) => void,
): Promise<number> {
  const at = dependencies.now();
  const due = (await dependencies.blocked.all()).filter(
    ({ state, nextProbeAt }) => state !== 'disabled' && nextProbeAt <= at,
  );
  const failures: unknown[] = [];
  await inParallel(due, ENDPOINTS_AT_ONCE, async (endpoint) => {
    try {
      done(endpoint, await catchUp(endpoint, dependencies));
    } catch (error) {
      failures.push(error);
    }
  });
  if (failures.length > 0) throw failures[0];
  return due.length;
}
