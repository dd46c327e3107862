import { ThuphiEvent } from '../../events/index.ts';
import type { WebhookAnswer, WebhookMessage, WebhookSender } from '../../shared/domain/notification/ports.ts';
import type { Instant } from '../../shared/domain/time.ts';
import { MINUTE } from './clock.ts';
import { BrokenInvariant, type Host, type Process } from './process.ts';
import type { Random } from './random.ts';
import { known } from './versions.ts';

const OK = 200;
const UNAVAILABLE = 503;
/** How long an endpoint that is down stays down at most, in milliseconds. */
const MAX_DOWN = 40 * MINUTE;

/** One event as an endpoint applied it. */
export type AppliedEvent = ThuphiEvent;

/**
 * Receives the webhooks of one address. Applies an event once by its id, as the guide tells receivers to, and is down now
 * and then: before it applied an event, or after.
 */
export class Agency {
  readonly #random: Random;
  readonly #host: Host;
  readonly #now: () => number;
  readonly #bodies = new Map<string, string>();
  readonly applied: AppliedEvent[] = [];
  #downUntil = 0;
  #closedUntil = 0;

  constructor(random: Random, host: Host, now: () => number) {
    this.#random = random;
    this.#host = host;
    this.#now = now;
  }

  /** Nobody is there for days, whatever else is calm. */
  close(until: Instant): void {
    this.#closedUntil = until;
  }

  get isClosed(): boolean {
    return this.#now() < this.#closedUntil;
  }

  receive({ eventId, body }: WebhookMessage): WebhookAnswer {
    if (this.isClosed) return { kind: 'failed', why: 'unreachable' };
    const { endpointDown, loss, replyLost } = this.#host.faults;
    if (endpointDown === 0) this.#downUntil = 0;
    if (this.#now() >= this.#downUntil && this.#random.chance(endpointDown / OFTEN))
      this.#downUntil = this.#now() + this.#random.whole(1, MAX_DOWN);
    if (this.#now() < this.#downUntil)
      return this.#random.chance(1 / 2)
        ? { kind: 'answered', status: UNAVAILABLE }
        : { kind: 'failed', why: 'unreachable' };
    if (this.#random.chance(loss)) return { kind: 'failed', why: 'timeout' };
    this.#apply(eventId, body);
    return this.#random.chance(replyLost) ? { kind: 'failed', why: 'timeout' } : { kind: 'answered', status: OK };
  }

  #apply(id: string, text: string): void {
    // Members that only a newer release knows are passed over.
    const event = known(JSON.parse(text));
    const body = JSON.stringify(event);
    const there = this.#bodies.get(id);
    if (there !== undefined && there !== body)
      throw new BrokenInvariant(`event ${id} was told with two contents:\n${there}\n${body}`);
    if (there !== undefined) return;
    this.#bodies.set(id, body);
    const parsed = ThuphiEvent.safeParse(event);
    if (!parsed.success) throw new BrokenInvariant(`event ${id} breaks its contract: ${parsed.error.message}`);
    if (parsed.data.id !== id) throw new BrokenInvariant(`event ${parsed.data.id} was told as ${id}`);
    this.applied.push(parsed.data);
  }
}

const OFTEN = 10;

/** The way to all endpoints, as one process sends. Never throws, as the port demands. */
export const senderOf = (process: Process, host: Host, agencies: ReadonlyMap<string, Agency>): WebhookSender => ({
  send: (message) =>
    host
      .call(process, `tell ${message.eventId}`, (): WebhookAnswer => {
        const agency = agencies.get(message.url);
        return agency ? agency.receive(message) : { kind: 'failed', why: 'unresolvable' };
      })
      .catch((error: unknown): WebhookAnswer => {
        if (error instanceof BrokenInvariant) throw error;
        return { kind: 'failed', why: 'timeout' };
      }),
});
