import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as z from 'zod';
import { LOOPBACK, listen } from '../addresses.ts';
import { closeServer } from '../secrets.ts';
import { Decision, House } from './house.ts';
import { homePage, orderPage, pageHeaders, refusalPage, resultPage } from './page.ts';
import { simulators } from './players.ts';
import { settlementFile } from './settlement.ts';
import { type Answer, type Arrived, json, type Order, Refused, type Simulator } from './speech.ts';

/** The simulated providers over HTTP: `/<provider>/…` as the provider has it, pages for a person, `/control/…` for scripts. */

const MAX_BODY_BYTES = 65_536;

export type Simulators = {
  /** `http://127.0.0.1:<port>`: where a stack finds the providers played. */
  url: string;
  house: House;
  /** Says where the service takes callbacks: `http://…` without a slash at the end. */
  tellTo(service: string): void;
  stop(): Promise<void>;
};

/** Throws `PortTaken`. Port 0 is any free one. */
export async function startSimulators(port: number): Promise<Simulators> {
  let url = '';
  let service = '';
  const house = new House({ service: () => service, url: () => url });
  const server = createServer((request, response) => void serve(request, response, house));
  await listen(server, port);
  url = `http://${LOOPBACK}:${(server.address() as AddressInfo).port}`;
  return {
    url,
    house,
    tellTo: (address) => {
      service = address;
    },
    stop: () => {
      house.stop();
      return closeServer(server);
    },
  };
}

async function serve(request: IncomingMessage, response: ServerResponse, house: House): Promise<void> {
  const browses = (request.headers.accept ?? '').includes('text/html');
  const answer = await answerTo(request, house).catch((error: unknown): Answer => {
    const why = error instanceof Error ? error.message : String(error);
    const known = error instanceof Refused || error instanceof z.ZodError || error instanceof SyntaxError;
    return browses ? html(refusalPage(why), 400) : json({ refused: why }, known ? 400 : 500);
  });
  const headers = answer.contentType === 'text/html' ? pageHeaders : { 'content-type': answer.contentType };
  response.writeHead(answer.status, headers).end(answer.body);
}

const html = (body: string, status = 200): Answer => ({ status, contentType: 'text/html', body });

async function answerTo(request: IncomingMessage, house: House): Promise<Answer> {
  const body = await bodyOf(request);
  const { pathname, search, searchParams } = new URL(request.url ?? '/', 'http://simulators.invalid');
  const method = request.method ?? 'GET';
  if (method === 'GET' && pathname === '/') return html(homePage(house.orders()));
  if (method === 'GET' && pathname === '/order')
    return html(orderPage(known(house, searchParams.get('provider'), searchParams.get('reference'))));
  if (pathname.startsWith('/control/')) return control(`${method} ${pathname}`, request, body, house);
  const [, id = '', ...rest] = pathname.split('/');
  if (id === 'settlement') return settlement(rest, house);
  const simulator = simulators.get(id);
  if (!simulator) return json({ refused: 'no such provider' }, 404);
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
  await house.answering(id);
  return atProvider(simulator, { method, path: `/${rest.join('/')}`, query: search.slice(1), headers, body }, house);
}

function atProvider(simulator: Simulator, arrived: Arrived, house: House): Answer {
  const { id } = simulator;
  const office = house.office(id);
  if (house.isDown(id)) return { status: 503, contentType: 'text/plain', body: 'down' };
  // A browser comes by GET, or with a form where there is nothing else to be posted to.
  if (simulator.openPage && (arrived.method === 'GET' || !simulator.answer)) {
    const order = simulator.openPage(arrived, office);
    office.open(order);
    return html(orderPage(known(house, id, order.reference)));
  }
  if (arrived.path === '/pay') {
    return html(orderPage(known(house, id, new URLSearchParams(arrived.query).get('order'))));
  }
  return simulator.answer?.(arrived, office) ?? json({ refused: 'nothing here' }, 404);
}

function known(house: House, provider: string | null, reference: string | null): Order {
  const order = house.order(provider ?? '', reference ?? '');
  if (!order) throw new Refused(`no order ${reference} at ${provider}`);
  return order;
}

/** `hangs`: it takes calls and answers nothing until it is told to again. */
const Availability = z.strictObject({
  provider: z.string(),
  down: z.boolean().default(false),
  hangs: z.boolean().default(false),
});

async function control(what: string, request: IncomingMessage, body: string, house: House): Promise<Answer> {
  const fromForm = (request.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded');
  if (what === 'GET /control/orders') return json(house.orders());
  if (what === 'POST /control/release') return json({ told: await house.release() });
  if (what === 'POST /control/availability') {
    const { provider, down, hangs } = Availability.parse(JSON.parse(body));
    house.setDown(provider, down);
    house.setHanging(provider, hangs);
    return json({ provider, down, hangs });
  }
  if (what !== 'POST /control/decide') return json({ refused: 'nothing here' }, 404);
  const decision = Decision.parse(fromForm ? Object.fromEntries(new URLSearchParams(body)) : JSON.parse(body));
  const decided = await house.decide(decision);
  return fromForm ? html(resultPage(known(house, decision.provider, decision.reference), decided)) : json(decided);
}

function settlement([provider = '', file = '']: string[], house: House): Answer {
  const [, date] = /^(\d{4}-\d{2}-\d{2})\.csv$/.exec(file) ?? [];
  if (!simulators.has(provider) || !date) return json({ refused: 'no such file' }, 404);
  const body = settlementFile(provider, date, house.transactionsOf(provider));
  return { status: 200, contentType: 'text/csv; charset=utf-8', body };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > MAX_BODY_BYTES) throw new Refused('too large');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString();
}
