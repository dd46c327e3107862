import { type InvoiceId, InvoiceNumber } from '../../shared/domain/invoice/number.ts';
import { dong } from '../../shared/domain/money/dong.ts';
import type { MovementId } from '../../shared/domain/payment/movement.ts';
import type { Caller } from '../../shared/domain/registry/caller.ts';
import { callerOf, client } from '../dsl/world.ts';
import { type Clock, HOUR, MINUTE, SECOND } from './clock.ts';
import type { Item } from './expression.ts';
import type { Invariants } from './invariants.ts';
import type { Network } from './network.ts';
import type { Dossier } from './portal.ts';
import { must, type Process } from './process.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import type { Answer, Service } from './service.ts';

/** What a clerk does next. */
const ACTIONS = { take: 50, takeAgain: 10, propose: 40, approve: 10, reject: 4 };
const CLERKS = ['clerk-lan', 'clerk-minh'] as const;
const PATIENCE = 4;
const MAX_PAUSE = 8 * MINUTE;

type Taken = { invoiceId: InvoiceId; counterPaymentId: MovementId };
type Slip = Parameters<Service['take']>[1]['slip'];

/** The desk of one agency: two clerks who take money, and take it back in twos; now and then one alone tries. */
export class Desk {
  readonly #agencyCode: string;
  readonly #callers: readonly Caller[];
  readonly #scheduler: Scheduler;
  readonly #network: Network;
  readonly #random: Random;
  readonly #service: Service;
  readonly #invariants: Invariants;
  readonly #dossiers: readonly Dossier[];
  readonly #invoiceAt: (number: string) => Item | undefined;
  readonly #taken: Taken[] = [];
  readonly #past: (() => Promise<unknown>)[] = [];
  #receipts = 0;
  calm = false;

  constructor(
    agencyCode: string,
    { scheduler, network }: { scheduler: Scheduler; clock: Clock; network: Network },
    random: Random,
    { service, invariants }: { service: Service; invariants: Invariants },
    { dossiers, invoiceAt }: { dossiers: readonly Dossier[]; invoiceAt: (number: string) => Item | undefined },
  ) {
    const desk = client(`desk-${agencyCode.toLowerCase().replace('.', '-')}`, {
      kind: 'agency',
      agencies: [agencyCode],
    });
    this.#agencyCode = agencyCode;
    this.#callers = CLERKS.map((subject) => ({ ...callerOf(desk), subject }));
    this.#scheduler = scheduler;
    this.#network = network;
    this.#random = random;
    this.#service = service;
    this.#invariants = invariants;
    this.#dossiers = dossiers;
    this.#invoiceAt = invoiceAt;
  }

  /** One citizen after the other, until the calm begins. */
  async work(): Promise<void> {
    while (!this.calm) {
      const longest = this.#random.chance(0.05) ? 3 * HOUR : MAX_PAUSE;
      await this.#scheduler.pause(this.#random.whole(SECOND, longest), `the desk of ${this.#agencyCode} waits`);
      if (!this.calm) await this.#act();
    }
  }

  async #act(): Promise<void> {
    const known = this.#dossiers
      .filter((one) => one.agencyCode === this.#agencyCode)
      .flatMap((one) => one.known.slice(-1));
    const action = this.#taken.length > 0 ? this.#random.weighted(ACTIONS) : 'take';
    if (action === 'take') {
      if (known.length > 0) await this.#take(this.#random.pick(known));
      return;
    }
    if (action === 'takeAgain') {
      if (this.#past.length > 0) await this.#random.pick(this.#past)();
      return;
    }
    const taken = this.#random.pick(this.#taken.slice(-3));
    await this.#decide(action, taken, this.#random.pick(this.#callers));
    if (action !== 'propose' || this.#random.chance(1 / 3)) return;
    // Somebody looks at it: the other one, or the same, or both at once, of one mind or not.
    if (this.#random.chance(1 / 4)) {
      const minds = ['approve', 'reject'] as const;
      await Promise.all(minds.map((mind) => this.#decide(mind, taken, this.#random.pick(this.#callers))));
      return;
    }
    const how = this.#random.chance(2 / 3) ? 'approve' : 'reject';
    const both = this.#random.chance(1 / 3) ? this.#callers : [this.#random.pick(this.#callers)];
    await Promise.all(both.map((caller) => this.#decide(how, taken, caller)));
  }

  async #take(invoiceId: InvoiceId): Promise<void> {
    const number = InvoiceNumber.parse(invoiceId.slice('inv_'.length));
    const due = Number(this.#invoiceAt(number)?.['du'] ?? 0);
    if (due <= 0) return;
    const amount = dong(this.#random.chance(0.3) ? this.#random.whole(1, due) : due);
    this.#receipts += this.#random.chance(0.9) ? 1 : 0;
    const receipt = String(this.#receipts).padStart(7, '0');
    const method = this.#random.pick(['cash', 'card'] as const);
    const slip: Slip = { method, receipt: { symbol: '01AA/26P', number: receipt }, desk: 'quay-01' };
    const caller = this.#random.pick(this.#callers);
    this.#invariants.desks.fillIn(receipt, { invoice: number, amount, method, clerk: caller.subject });
    const key = `desk-key-${this.#agencyCode}-${this.#past.length}-${this.#random.whole(0, 999_999)}`;
    let first: MovementId | undefined;
    const send = async () => {
      const answer = await this.#insist(`${caller.subject} takes ${amount} for ${number}`, (process) =>
        this.#service.take(process, { invoiceId, amount, slip }, caller, key),
      );
      if (answer?.kind !== 'done') {
        must(!answer || first === undefined, `${key} was taken as ${first}, then refused`);
        return;
      }
      const { movementId } = answer.value.movement;
      must(first === undefined || first === movementId, `${key} was taken as ${first}, then as ${movementId}`);
      if (first === undefined) this.#taken.push({ invoiceId, counterPaymentId: movementId });
      first = movementId;
      this.#invariants.desks.entered.add(movementId);
    };
    this.#past.push(send);
    await send();
  }

  async #decide(what: 'propose' | 'approve' | 'reject', taken: Taken, caller: Caller): Promise<void> {
    const { counterPaymentId } = taken;
    this.#invariants.desks.ask(what, counterPaymentId, caller.subject);
    const key = `desk-key-${what}-${counterPaymentId}-${this.#random.whole(0, 3)}`;
    const answer = await this.#insist(`${caller.subject} would ${what} ${counterPaymentId}`, (process) =>
      this.#service.decide(process, what, taken, caller, key),
    );
    if (answer?.kind === 'done' && what === 'approve') this.#invariants.desks.reversed.add(counterPaymentId);
  }

  async #insist<T>(label: string, ask: (process: Process) => Promise<Answer<T>>): Promise<Answer<T> | undefined> {
    for (let tries = 0; this.calm || tries < PATIENCE; tries += 1) {
      const answer = await this.#network.ask(label, 'counter-api', ask);
      if (answer) return answer;
      await this.#scheduler.pause(this.#random.whole(SECOND, MINUTE), `the desk of ${this.#agencyCode} asks again`);
    }
    return undefined;
  }
}
