import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import * as z from 'zod';

/** What is told: the members that the demo looks at. */
const Told = z.looseObject({
  id: z.string(),
  type: z.string(),
  subject: z.string(),
  data: z.looseObject({ invoiceId: z.string().optional(), paymentId: z.string().optional() }),
});
export type Told = z.infer<typeof Told>;

/** One POST that came in. */
export type Delivery = {
  to: string;
  id: string;
  verified: boolean;
  answered: number;
  body: string;
  event: Told | undefined;
};

/**
 * An agency's and a portal's own servers, in one: verifies every delivery with the library of Standard Webhooks and keeps
 * what came. With `failFirst` the very first delivery is answered 500, as by a server that is just being restarted.
 */
export class Receiver {
  readonly deliveries: Delivery[] = [];
  readonly #server = createServer();
  readonly #secrets = new Map<string, string>();
  #failNext: boolean;
  /** While set, every delivery is answered 503 and nothing is taken. */
  down = false;

  constructor({ failFirst }: { failFirst: boolean }) {
    this.#failNext = failFirst;
    this.#server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        response.statusCode = this.#take((request.url ?? '').slice(1), request.headers, Buffer.concat(chunks));
        response.end();
      });
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done));
  }

  /** The address of one of the servers, to be registered. */
  addressOf(to: string): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${to}`;
  }

  /** The secret that registration has shown for it. */
  trust(to: string, secret: string): void {
    this.#secrets.set(to, secret);
  }

  /** Distinct events that were verified and answered well, in order of arrival. */
  eventsTo(to: string): Told[] {
    const byId = new Map<string, Told>();
    for (const { to: whom, event, verified, answered } of this.deliveries)
      if (whom === to && event && verified && answered === 204) byId.set(event.id, event);
    return [...byId.values()];
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  #take(to: string, headers: NodeJS.Dict<string | string[]>, bytes: Buffer): number {
    const body = bytes.toString('utf8');
    const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];
    const signed = Object.fromEntries(names.map((name) => [name, String(headers[name] ?? '')]));
    let event: Told | undefined;
    try {
      event = Told.parse(new Webhook(this.#secrets.get(to) ?? '').verify(body, signed));
    } catch {
      // Not from Thuphi, as far as this server can tell.
    }
    const id = signed['webhook-id'] ?? '';
    const verified = event !== undefined && event.id === id;
    const answered = !verified ? 401 : this.down ? 503 : this.#failNext ? 500 : 204;
    if (answered === 500) this.#failNext = false;
    this.deliveries.push({ to, id, verified, answered, body, event });
    return answered;
  }
}
