import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import * as z from 'zod';
import type { DataDirectory } from './data-directory.ts';
import { PortTaken } from './failures.ts';

/** Nothing of the local stack is reachable from another machine. */
export const LOOPBACK = '127.0.0.1';

const engines = ['tables', 'storage', 'secrets', 'issuer', 'keys'] as const;
type EngineName = (typeof engines)[number];
const Ports = z.partialRecord(z.enum(engines), z.int().min(1).max(65_535));
const FILE = 'ports.json';

/** Where everything answers: `http://127.0.0.1:<port>`, without a slash at the end. */
export type Addresses = { gateway: string } & Record<EngineName, string>;

export const portOf = (address: string): number => Number(new URL(address).port);

/**
 * Ports of the engines: those of the last start when they are still free, so that queue URLs and the issuer's name stay;
 * else the ones after the gateway's, else any.
 */
export async function chooseAddresses(data: DataDirectory, gatewayPort: number, asked: number): Promise<Addresses> {
  const before = Ports.safeParse(JSON.parse(data.read(FILE) ?? '{}')).data ?? {};
  const ports = {} as Record<EngineName, number>;
  const taken = new Set([gatewayPort]);
  for (const [position, engine] of engines.entries()) {
    const wanted = before[engine] ?? (asked === 0 ? 0 : asked + 1 + position);
    ports[engine] = await freePort(wanted, taken);
    taken.add(ports[engine]);
  }
  data.write(FILE, JSON.stringify(ports));
  const address = (port: number) => `http://${LOOPBACK}:${port}`;
  return {
    gateway: address(gatewayPort),
    tables: address(ports.tables),
    storage: address(ports.storage),
    secrets: address(ports.secrets),
    issuer: address(ports.issuer),
    keys: address(ports.keys),
  };
}

/** Below the ports that systems give to connections by themselves: what is free there stays so until it is used. */
const [FIRST_PORT, END_OF_PORTS] = [12_000, 32_000] as const;
const DRAWN_PORTS = 8;

async function freePort(wanted: number, taken: ReadonlySet<number>): Promise<number> {
  const drawn = Array.from({ length: DRAWN_PORTS }, () => randomInt(FIRST_PORT, END_OF_PORTS));
  for (const port of [...(wanted === 0 ? [] : [wanted]), ...drawn, 0]) {
    if (taken.has(port)) continue;
    const probe = createServer();
    try {
      await listen(probe, port);
    } catch (error) {
      if (!(error instanceof PortTaken)) throw error;
      continue;
    }
    const { port: found } = probe.address() as { port: number };
    await new Promise((done) => probe.close(done));
    if (!taken.has(found)) return found;
  }
  throw new Error('no free port on this machine');
}

/** Listens on the loopback interface. Throws {@link PortTaken}. */
export function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException) => reject(error.code === 'EADDRINUSE' ? new PortTaken(port) : error);
    server.once('error', refuse);
    server.listen(port, LOOPBACK, () => {
      server.off('error', refuse);
      resolve();
    });
  });
}
