import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';

const Report = z.looseObject({
  url: z.string(),
  tokenEndpoint: z.string(),
  clients: z.array(z.looseObject({ id: z.string(), secret: z.string() })),
});
const Token = z.looseObject({ access_token: z.string() });

const START_MILLISECONDS = 60_000;
const POLL_MILLISECONDS = 100;
/** Linux counts processor time in hundredths of a second wherever programs see it. */
const TICK_MILLISECONDS = 10;
/** A caller comes again, with the same key, as long as nothing lets it in. */
const RETRY_MILLISECONDS = 250;
const MOST_TRIES = 400;

/** `as`: who calls, a client's id; nobody if absent. */
export type Call = { as?: string | undefined; method?: string; path: string; body?: unknown };

/** The stack under load and its callers, who come again until they are answered. It may be killed meanwhile. */
export class LoadedService {
  readonly #folder: string;
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true });
  #process: ChildProcess | undefined;
  #report: z.infer<typeof Report> | undefined;
  #tokens = new Map<string, string>();
  /** Calls that had to be made again. */
  repeated = 0;

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.#port = port;
  }

  /** `folder`: where `assembly` stands and the state will. */
  static async start(folder: string): Promise<LoadedService> {
    const service = new LoadedService(folder, await freePort());
    await service.#start();
    return service;
  }

  get url(): string {
    return this.#report?.url ?? '';
  }

  /** Processor time that its living processes have used so far, in milliseconds, by what they do. */
  processorTimes(): ReadonlyMap<string, number> {
    const times = new Map<string, number>();
    const { pid = 0 } = this.#process ?? {};
    for (const { pid: one, command } of [{ pid, command: '' }, ...descendants(pid)]) {
      const name = taskOf(command);
      times.set(name, (times.get(name) ?? 0) + processorTime(one));
    }
    return times;
  }

  /** Ends function processes, one at random: what it had in hand fails. Answers whether there was one. */
  killOneFunction(pick: (of: number) => number): boolean {
    const functions = descendants(this.#process?.pid ?? 0).filter(({ command }) =>
      command.includes('function-process'),
    );
    const victim = functions[pick(functions.length)];
    if (victim) kill(victim.pid);
    return victim !== undefined;
  }

  /** Ends the whole stack at once, engines and all, and starts it again on what it left. */
  async killAll(): Promise<void> {
    const { pid = 0 } = this.#process ?? {};
    const all = descendants(pid);
    kill(pid);
    for (const one of all) kill(one.pid);
    this.#tokens.clear();
    await this.#start();
  }

  async stop(): Promise<void> {
    const { pid = 0 } = this.#process ?? {};
    const all = descendants(pid);
    kill(pid);
    for (const one of all) kill(one.pid);
    this.#agent.destroy();
    await delay(POLL_MILLISECONDS);
  }

  /** The answer's body. Comes again after anything that passes; throws for a refusal. */
  async call({ as, method = 'POST', path: where, body }: Call): Promise<unknown> {
    const key = randomUUID();
    for (let tries = 1; ; tries += 1) {
      const answer = await this.#once({ as, method, path: where, body }, key).catch(() => undefined);
      if (answer && answer.status < 300) return JSON.parse(answer.text || '{}');
      const passes = !answer || answer.status >= 500 || answer.status === 429 || answer.status === 401;
      if (!passes || tries === MOST_TRIES) throw new Error(`${method} ${where}: ${answer?.status} ${answer?.text}`);
      if (answer?.status === 401) this.#tokens.clear(); // Another stack, other keys.
      this.repeated += 1;
      await delay(RETRY_MILLISECONDS);
    }
  }

  async #once({ as, method, path: where, body }: Call & { method: string }, key: string) {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers: Record<string, string | number> = {
      ...(as && { authorization: `Bearer ${await this.#token(as)}` }),
      ...(text !== undefined && {
        'content-type': 'application/json',
        'idempotency-key': key,
        'content-length': Buffer.byteLength(text),
      }),
    };
    return this.#http(`${this.url}${where}`, method, headers, text);
  }

  async #token(id: string): Promise<string> {
    const known = this.#tokens.get(id);
    if (known) return known;
    const secret = this.#report?.clients.find((client) => client.id === id)?.secret ?? '';
    const basic = Buffer.from(`${id}:${secret}`).toString('base64');
    const headers = { authorization: `Basic ${basic}`, 'content-type': 'application/x-www-form-urlencoded' };
    const { text } = await this.#http(
      this.#report?.tokenEndpoint ?? '',
      'POST',
      headers,
      'grant_type=client_credentials',
    );
    const { access_token } = Token.parse(JSON.parse(text));
    this.#tokens.set(id, access_token);
    return access_token;
  }

  #http(url: string, method: string, headers: Record<string, string | number>, body: string | undefined) {
    return new Promise<{ status: number; text: string }>((resolve, reject) => {
      const call = request(url, { method, headers, agent: this.#agent, timeout: 30_000 }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
        answer.on('error', reject);
      });
      call.on('timeout', () => call.destroy(new Error('timed out')));
      call.on('error', reject);
      call.end(body);
    });
  }

  async #start(): Promise<void> {
    const report = path.join(this.#folder, 'report.json');
    rmSync(report, { force: true });
    const script = path.join(import.meta.dirname, 'stack-process.ts');
    const child = spawn(
      process.execPath,
      [script, path.join(this.#folder, 'assembly'), path.join(this.#folder, 'data'), String(this.#port), report],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    this.#process = child;
    const deadline = Date.now() + START_MILLISECONDS;
    for (;;) {
      if (existsSync(report)) {
        const read = Report.safeParse(parsed(readFileSync(report, 'utf8')));
        if (read.success) {
          this.#report = read.data;
          return;
        }
      }
      if (child.exitCode !== null || Date.now() > deadline) throw new Error('the stack does not start');
      await delay(POLL_MILLISECONDS);
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Half written.
  }
}

/** What a process of the stack does, by its command line; without one it is the stack itself. */
function taskOf(command: string): string {
  const words = command.split('\0').filter(Boolean);
  if (command.includes('function-process')) return words.at(-1)?.replace('thuphi-sandbox-', '') ?? '';
  if (command.includes('storage-process')) return 'queues and buckets';
  return command === '' ? 'gateway and pollers' : 'tables';
}

/** Milliseconds of processor that a process has used, in user and in kernel, from /proc; 0 when it is no more. */
function processorTime(pid: number): number {
  try {
    // The name of the program, in brackets, may hold anything.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) * TICK_MILLISECONDS;
  } catch {
    return 0;
  }
}

function kill(pid: number): void {
  try {
    if (pid > 0) process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** The processes that a process has started, and theirs, from /proc. */
function descendants(root: number): { pid: number; command: string }[] {
  const all = readdirSync('/proc').flatMap((name) => {
    try {
      const parent = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${name}/status`, 'utf8'))?.[1]);
      return [{ pid: Number(name), parent, command: readFileSync(`/proc/${name}/cmdline`, 'utf8') }];
    } catch {
      return []; // Not a process, or no more.
    }
  });
  const found: typeof all = [];
  let generation = [root];
  while (generation.length > 0 && root > 0) {
    const children = all.filter(({ parent }) => generation.includes(parent));
    found.push(...children);
    generation = children.map(({ pid }) => pid);
  }
  return found;
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done) => probe.listen(0, '127.0.0.1', done));
  const { port } = probe.address() as AddressInfo;
  await new Promise((done) => probe.close(done));
  return port;
}
