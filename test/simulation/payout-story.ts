import { Refusal } from '../../shared/domain/refusal.ts';
import type { Caller } from '../../shared/domain/registry/caller.ts';
import type { Remittance, RemittanceId } from '../../shared/domain/remittance/remittance.ts';
import { addDays, type Day, startOfDay, vietnamDay } from '../../shared/domain/time.ts';
import { confirmRemittance } from '../../shared/usecases/confirm-remittance.ts';
import { decideRemittance } from '../../shared/usecases/decide-remittance.ts';
import { draftRemittance } from '../../shared/usecases/draft-remittance.ts';
import { exportRemittance } from '../../shared/usecases/export-remittance.ts';
import { followRemittances } from '../../shared/usecases/follow-remittances.ts';
import { proposeRemittance } from '../../shared/usecases/propose-remittance.ts';
import { readContent } from '../../shared/usecases/remitted-movements.ts';
import { through } from '../dsl/crash-matrix.ts';
import { everyone } from '../usecases/finance-world.ts';
import { BOOK, type RemittanceWorld, remittanceWorld } from '../usecases/remittance-world.ts';
import { BEGIN, HOUR, MINUTE, SECOND } from './clock.ts';
import { must, type Process } from './process.ts';
import { Random } from './random.ts';
import { Stage, type Told } from './stage.ts';

/**
 * One collecting account for some days: money comes in and in part goes back, the bank states each day, and clerks who see
 * the same screen draft, propose, approve, reject and give to the bank at once, while the clock looks through the statements.
 * The bank sends each order once, and some of it comes back. Each dong that came in is in one place: on the account, in an
 * order on its way, with whom it belongs to, or given back.
 */

export type PayoutWiring = (remittances: RemittanceWorld['remittances']) => RemittanceWorld['remittances'];

const CLERKS: readonly Caller[] = ['clerk-lan', 'clerk-minh', 'clerk-hoa'].map((subject) => ({ ...everyone, subject }));
const DAYS = [2, 4] as const;
const PAYMENTS_A_DAY = [1, 4] as const;
const ACTS_A_DAY = [4, 14] as const;
/** Within how long all that people do on a day happens, in milliseconds: drawn for each story. */
const WITHIN = [5 * SECOND, 10 * MINUTE];
const AT_ONCE = 100;
const GIVEN_BACK = 0.3;
const COMES_BACK = 0.5;
const TRIES = 3;
/** Days in the calm, in which all must be paid on, and those of them on which orders still come back. */
const CALM_DAYS = 6;
const COMES_BACK_DAYS = 2;

type Act = 'propose' | 'approve' | 'reject' | 'export' | 'confirm' | 'follow';
type Line = { reference: string; amount: number; text?: string };

/** Tells the story of a seed; counts as what batches came to an end. */
export async function payoutStory(seed: number, wiring: PayoutWiring = (remittances) => remittances): Promise<Told> {
  const story = new PayoutStory(seed, await remittanceWorld(), wiring);
  return story.stage.outcome(
    seed,
    () => story.tell(),
    () => story.ended(),
  );
}

class PayoutStory {
  readonly stage: Stage;
  readonly #random: Random;
  readonly #world: RemittanceWorld;
  readonly #wiring: PayoutWiring;
  readonly #within: number;
  /** What came in, and what of it went back, in dong. */
  #collected = 0;
  #givenBack = 0;
  readonly #invoices: string[] = [];
  /** Orders that the bank has sent, and those whose money came back. */
  readonly #sent = new Map<string, number>();
  readonly #cameBack = new Set<string>();
  /** Who truly approved which batch. */
  readonly #approved = new Set<string>();
  #next: Line[] = [];
  #keys = 0;
  #lines = 0;

  constructor(seed: number, world: RemittanceWorld, wiring: PayoutWiring) {
    this.#random = new Random(seed);
    this.#within = this.#random.pick(WITHIN);
    this.stage = new Stage(this.#random);
    this.#world = world;
    this.#wiring = wiring;
  }

  async tell(): Promise<void> {
    const days = this.#random.whole(...DAYS);
    for (let day = 0; day < days; day += 1)
      await this.#day(addDays(vietnamDay(BEGIN), day), { moneyComes: true, mayComeBack: true });
    this.stage.calmDown();
    for (let day = 0; day < CALM_DAYS; day += 1)
      await this.#day(addDays(vietnamDay(BEGIN), days + day), {
        moneyComes: false,
        mayComeBack: day < COMES_BACK_DAYS,
      });
    await this.#mustBeSettled();
  }

  ended(): string[] {
    return this.#batches().map(({ state }) => state);
  }

  #batches = (): Remittance[] => this.#world.remittances.contents().batches;

  /** Money comes, the bank states the day in the morning after, and then everybody is at work. */
  async #day(day: Day, { moneyComes, mayComeBack }: { moneyComes: boolean; mayComeBack: boolean }): Promise<void> {
    const lines = this.#next.splice(0);
    const payments = moneyComes ? this.#random.whole(...PAYMENTS_A_DAY) : 0;
    for (let payment = 0; payment < payments; payment += 1) {
      const fees = [
        { kind: 'phi' as const, amount: this.#random.whole(1, 99_999) },
        ...(this.#random.chance(1 / 2) ? [{ kind: 'le_phi' as const, amount: 50_000, beneficiary: 'fund' }] : []),
      ];
      const { number, transactionId, amount } = await this.#world.paid(fees, { day, by: 'transfer' });
      lines.push({ reference: transactionId, amount });
      this.#invoices.push(number);
      this.#collected += amount;
    }
    await this.#world.stated(day, lines);
    const morning = startOfDay(addDays(day, 1)) + 8 * HOUR;
    await this.#until(morning);
    if (moneyComes && this.#random.chance(GIVEN_BACK)) await this.#giveBack();
    const acts = this.#random.whole(...ACTS_A_DAY);
    for (let act = 0; act < acts; act += 1) this.#later();
    await this.stage.drain();
    if (this.stage.isCalm) await this.#payOn();
    await this.#lookAtAll();
    this.#bankWorks(mayComeBack);
  }

  async #until(at: number): Promise<void> {
    const waits = this.stage.scheduler.pause(Math.max(0, at - this.stage.clock.at), 'the night passes');
    await this.stage.drain();
    await waits;
  }

  async #giveBack(): Promise<void> {
    const number = this.#random.pick(this.#invoices);
    this.#world.clock.at = Math.max(this.#world.clock.at, this.stage.clock.at);
    this.#givenBack += (await this.#world.givenBack(number, { amount: 1 })) ?? 0;
  }

  #later(): void {
    const clerk = this.#random.pick(CLERKS);
    const act = this.#random.weighted({ propose: 4, approve: 6, reject: 1, export: 4, confirm: 2, follow: 3 });
    const at = this.#random.whole(1, this.#within);
    this.stage.in(at, `${clerk.subject} would ${act}`, () => this.#act(act, clerk));
    // The others see it at the same time, and are not of one mind.
    if (act !== 'approve' || !this.#random.chance(1 / 2)) return;
    for (const other of CLERKS)
      this.stage.in(at + this.#random.whole(0, AT_ONCE), `${other.subject} would decide`, () =>
        this.#act(this.#random.pick(['approve', 'reject']), other),
      );
  }

  /** Each call is made again with the same key until it is answered, or patience ends. */
  async #act(act: Act, clerk: Caller): Promise<void> {
    this.#keys += 1;
    const key = `key-of-act-${this.#keys}`;
    const batch = this.#random.pick([...this.#batches().slice(-2), undefined])?.remittanceId;
    const seen = act === 'propose' ? await this.#seen(clerk) : undefined;
    const made = new Set<string>();
    for (let tries = 0; tries < TRIES; tries += 1) {
      const done = await this.stage.host.live('remittances-api', (process) =>
        this.#call(act, { process, clerk, key, batch, seen }).then(
          (id) => ({ id }),
          (error: unknown) => (error instanceof Refusal ? 'refused' : this.stage.host.mustPass(error)),
        ),
      );
      if (typeof done !== 'object') continue;
      if (done.id) made.add(done.id);
      must(made.size <= 1, `${key} was answered with ${[...made].join(' and ')}`);
      // Who hears an answer may ask again all the same.
      if (this.#random.chance(3 / 4)) return;
    }
  }

  #seen(clerk: Caller): Promise<{ sha256: string; uncovered: number } | undefined> {
    return this.stage.host.live('remittances-api', (process) =>
      draftRemittance({ book: BOOK }, clerk, this.#dependencies(process)).catch((error: unknown) => {
        if (!(error instanceof Refusal)) this.stage.host.mustPass(error);
        return undefined;
      }),
    );
  }

  async #call(
    act: Act,
    given: {
      process: Process;
      clerk: Caller;
      key: string;
      batch: RemittanceId | undefined;
      seen: { sha256: string; uncovered: number } | undefined;
    },
  ): Promise<RemittanceId | undefined> {
    const { process, clerk, key, batch, seen } = given;
    const dependencies = this.#dependencies(process);
    if (act === 'follow') {
      await followRemittances(dependencies, (_, error) => this.stage.host.mustPass(error));
      return undefined;
    }
    if (act === 'propose') {
      if (!seen) return undefined;
      const command = { book: BOOK, sha256: seen.sha256, ...(seen.uncovered > 0 && { coveredBy: seen.uncovered }) };
      return (await proposeRemittance(command, clerk, key, dependencies)).remittance.remittanceId;
    }
    if (!batch) return undefined;
    if (act === 'export') await exportRemittance(batch, clerk, key, dependencies);
    else if (act === 'confirm') await confirmRemittance(batch, clerk, key, dependencies);
    else {
      if (act === 'approve') this.#approved.add(`${batch} ${clerk.subject}`);
      const sha256 = this.#batches().find(({ remittanceId }) => remittanceId === batch)?.content.sha256 ?? '';
      const decision = act === 'approve' ? { action: act, sha256 } : { action: act, reason: 'sai' };
      await decideRemittance(batch, decision, clerk, key, dependencies);
    }
    return batch;
  }

  #dependencies(process: Process) {
    const { dependencies, files } = this.#world;
    const around = (name: string, call: () => Promise<unknown>) => this.stage.host.call(process, name, call);
    return {
      ...dependencies,
      remittances: through(this.#wiring(this.#world.remittances), around),
      contents: through(dependencies.contents, around),
      files: through(files, around, ['lines']),
      lists: through(files, around, ['lines']),
      days: through(dependencies.days, around),
      invoices: through(dependencies.invoices, around),
      journal: through(dependencies.journal, around, ['ofDay', 'followersOfDay']),
      now: process.now,
    };
  }

  /** In the calm all that is due is proposed, approved by another, given to the bank, and looked for on its statement. */
  async #payOn(): Promise<void> {
    const [maker, checker] = CLERKS as [Caller, Caller];
    await this.#atLast('follow', maker);
    // What somebody else proposed may be what is due no more.
    for (const { remittanceId, state, by } of this.#batches())
      if (state === 'proposed') await this.#atLast('approve', by === checker.subject ? maker : checker, remittanceId);
    await this.#atLast('propose', maker);
    for (const { remittanceId, state } of this.#batches())
      if (state === 'proposed') await this.#atLast('approve', checker, remittanceId);
    for (const { remittanceId, state } of this.#batches())
      if (state === 'approved') await this.#atLast('export', maker, remittanceId);
  }

  async #atLast(act: Act, clerk: Caller, batch?: RemittanceId): Promise<void> {
    this.stage.in(1, `${clerk.subject} would ${act} at last`, async () => {
      this.#keys += 1;
      const key = `key-of-act-${this.#keys}`;
      const seen = act === 'propose' ? await this.#seen(clerk) : undefined;
      await this.stage.host.live('remittances-api', (process) => this.#call(act, { process, clerk, key, batch, seen }));
    });
    await this.stage.drain();
  }

  /** The bank sends what it was given, each order once; some of it comes back on the day after. */
  #bankWorks(mayComeBack: boolean): void {
    for (const { orders, exportedAt } of this.#batches()) {
      if (exportedAt === undefined) continue;
      for (const { orderId, how, amount } of orders) {
        if (how !== 'transfer') continue;
        this.#lines += 1;
        const reference = `OUT${this.#lines}`;
        if (!this.#sent.has(orderId)) {
          this.#sent.set(orderId, amount);
          this.#next.push({ reference, amount: -amount, text: orderId });
        } else if (mayComeBack && !this.#cameBack.has(orderId) && this.#random.chance(COMES_BACK)) {
          this.#cameBack.add(orderId);
          this.#next.push({ reference, amount, text: orderId });
        }
      }
    }
  }

  /** No dong is counted twice or sent by the word of one person, and the journal tells what the bank did. */
  async #lookAtAll(): Promise<void> {
    const open = this.#batches().filter(({ state }) => state === 'proposed');
    must(
      open.length <= 1,
      `${open.map(({ remittanceId }) => remittanceId).join(' and ')} wait for a second person at once`,
    );
    const counted = new Map<string, RemittanceId>();
    for (const batch of this.#standing()) {
      const { remittanceId, by, decidedBy, state } = batch;
      for (const line of await readContent(batch, this.#world.files)) {
        if (!('counted' in line)) continue;
        const { key } = line.counted;
        must(!counted.has(key), `${key} is paid on by ${counted.get(key)} and by ${remittanceId}`);
        counted.set(key, remittanceId);
      }
      if (state === 'proposed') continue;
      must(by !== decidedBy, `${by} alone decided about ${remittanceId}`);
      must(this.#approved.has(`${remittanceId} ${decidedBy}`), `${decidedBy} never approved ${remittanceId}`);
    }
    const out = [...this.#sent].reduce((sum, [id, amount]) => (this.#cameBack.has(id) ? sum : sum + amount), 0);
    must(out <= this.#collected, `${out} of ${this.#collected} dong were sent`);
    for (const { kind, movementId } of this.#world.journal.entries()) {
      if (kind !== 'remittance') continue;
      const [, id = '', back] = /^mov_remittance_(NTK[A-Z]+)(\.returned)?$/.exec(movementId) ?? [];
      must(this.#isInPlace(id) || this.#sent.has(id), `the journal tells of ${id}, which the bank never sent`);
      must(back === undefined || this.#cameBack.has(id), `the journal tells that ${id} came back, and it did not`);
    }
  }

  #standing = (): Remittance[] => this.#batches().filter(({ state }) => state !== 'rejected');
  #isInPlace = (id: string): boolean =>
    this.#standing().some(({ orders }) => orders.some(({ orderId, how }) => orderId === id && how === 'inPlace'));

  /** All that came in and did not go back is with whom it belongs to, once. */
  async #mustBeSettled(): Promise<void> {
    const orders = this.#standing().flatMap((batch) => batch.orders);
    for (const { orderId, state } of orders) must(state !== 'waiting', `${orderId} waits for ever`);
    const paid = orders
      .filter(({ state }) => state === 'paid')
      .flatMap(({ lines }) => lines)
      .reduce((sum, { amount }) => sum + amount, 0);
    const due = await draftRemittance({ book: BOOK }, CLERKS[0] as Caller, {
      ...this.#world.dependencies,
      now: this.stage.now,
    });
    must(due.orders.length === 0, `${due.orders.length} orders are due for ever`);
    const left = due.left.reduce((sum, { amount }) => sum + amount, 0);
    const wanted = this.#collected - this.#givenBack;
    must(paid + left === wanted, `${paid} dong are paid on and ${left} left of ${wanted}`);
    const entries = this.#world.journal.entries().filter(({ kind }) => kind === 'remittance');
    for (const { orderId, state } of orders) {
      const its = entries.filter(({ transactionId }) => transactionId === orderId).length;
      must(its === (state === 'returned' ? 2 : 1), `${orderId}, ${state}, has ${its} entries in the journal`);
    }
  }
}
