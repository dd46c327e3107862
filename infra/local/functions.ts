import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import type { Addresses } from './addresses.ts';
import { LOCAL_CREDENTIALS } from './clients.ts';
import type { DataDirectory } from './data-directory.ts';
import type { FromFunction, FunctionError, Invoke } from './function-process.ts';
import type { Limits } from './limits.ts';
import type { Declared } from './system.ts';

export type Outcome =
  /** `payload` is JSON. */
  | { kind: 'answered'; requestId: string; payload: string }
  | { kind: 'failed'; requestId: string; error: FunctionError }
  /** Too many wait already, or the event is larger than Lambda takes. Nothing ran. */
  | { kind: 'throttled' }
  | { kind: 'tooLarge' };

const SCRIPT = path.join(import.meta.dirname, 'function-process.ts');
/** A port that nothing serves: a call to an AWS service without a local engine fails here and never leaves the machine. */
const NOWHERE = 'http://127.0.0.1:9';

/** What a function finds in its environment: the template's variables and those that Lambda sets. */
export function functionEnvironment(
  { name, properties, asset }: Declared<'AWS::Lambda::Function'>,
  region: string,
  addresses: Addresses,
): Record<string, string> {
  return {
    ...inAsset(properties.Environment.Variables, asset ?? ''),
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    PATH: '/usr/local/bin:/usr/bin/:/bin:/opt/bin',
    _HANDLER: properties.Handler,
    LAMBDA_TASK_ROOT: asset ?? '',
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(properties.MemorySize),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
    AWS_ENDPOINT_URL: NOWHERE,
    AWS_ENDPOINT_URL_DYNAMODB: addresses.tables,
    AWS_ENDPOINT_URL_SQS: addresses.storage,
    AWS_ENDPOINT_URL_S3: addresses.storage,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: addresses.secrets,
    AWS_ENDPOINT_URL_KMS: addresses.keys,
  };
}

/** Lambda lays a function's files in `/var/task`; here they lie where they were synthesized. */
function inAsset(variables: Record<string, string>, asset: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [name, value.replace(/^\/var\/task(?=\/|$)/, asset)]),
  );
}

/** `since`: of the monotonic clock, in milliseconds. */
type Waiting = { event: string; since: number; resolve(outcome: Outcome): void };
/** `ending`: killed, its exit is awaited. */
type Worker = {
  child: ChildProcess;
  state: 'starting' | 'ready' | 'ending';
  current: (Waiting & { id: string }) | undefined;
  idle: NodeJS.Timeout | undefined;
};

/**
 * The processes of one function: started on demand, kept warm, one invocation at a time each. A further one is started when
 * an invocation has waited for some time: on a machine of few processors one that is warm is free sooner than another is
 * ready.
 */
export class FunctionPool {
  readonly definition: Declared<'AWS::Lambda::Function'>;
  readonly environment: Readonly<Record<string, string>>;
  readonly #limits: Limits;
  readonly #most: number;
  readonly #data: DataDirectory;
  readonly #workers = new Set<Worker>();
  #waiting: Waiting[] = [];
  #look: NodeJS.Timeout | undefined;
  /** When the latest process became ready. */
  #readyAt = 0;
  #stopped = false;

  /** `processes`: how many may run at once. */
  constructor(
    definition: Declared<'AWS::Lambda::Function'>,
    options: { environment: Record<string, string>; processes: number; limits: Limits; data: DataDirectory },
  ) {
    this.definition = definition;
    this.environment = options.environment;
    this.#limits = options.limits;
    this.#most = Math.min(options.processes, definition.properties.ReservedConcurrentExecutions ?? options.processes);
    this.#data = options.data;
  }

  get arn(): string {
    return this.definition.attributes['Arn'] ?? '';
  }

  get logFile(): string {
    return this.#data.file('logs', `${this.definition.shortName}.log`);
  }

  /** Runs the function with an event that is sent as JSON, and waits for the outcome. Never throws. */
  invoke(event: unknown): Promise<Outcome> {
    const text = JSON.stringify(event);
    if (Buffer.byteLength(text) > this.#limits.invocationBytes) return Promise.resolve({ kind: 'tooLarge' });
    if (this.#stopped || this.#most === 0 || this.#waiting.length >= this.#limits.waitingInvocations) {
      return Promise.resolve({ kind: 'throttled' });
    }
    return new Promise((resolve) => {
      this.#waiting.push({ event: text, since: performance.now(), resolve });
      this.#serve();
    });
  }

  processIds(): number[] {
    return [...this.#workers].flatMap(({ child }) => (child.pid === undefined ? [] : [child.pid]));
  }

  /** Ends every process at once, as a crash would. What they had in hand fails; the next invocation starts anew. */
  kill(): void {
    for (const worker of this.#workers) {
      if (worker.state === 'ready') worker.state = 'ending';
      worker.child.kill('SIGKILL');
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const { resolve } of this.#waiting.splice(0)) resolve({ kind: 'throttled' });
    const ended = [...this.#workers].map(
      ({ child }) =>
        new Promise<void>((done) => {
          if (child.exitCode !== null || child.signalCode !== null) done();
          else child.once('exit', () => done());
        }),
    );
    this.kill();
    await Promise.all(ended);
  }

  #serve(): void {
    for (const worker of this.#workers) {
      if (worker.state === 'ready' && !worker.current) {
        const next = this.#waiting.shift();
        if (!next) return;
        this.#run(worker, next);
      }
    }
    const [oldest] = this.#waiting;
    if (!oldest || this.#workers.size >= this.#most || this.#stopped) return;
    const alive = [...this.#workers].filter(({ state }) => state !== 'ending');
    const since = Math.max(oldest.since, this.#readyAt);
    const wait = alive.length === 0 ? 0 : since + this.#limits.patienceMilliseconds - performance.now();
    if (wait > 0) this.#serveIn(wait);
    else if (alive.every(({ state }) => state === 'ready')) this.#start();
  }

  /** Looks again later, once. */
  #serveIn(milliseconds: number): void {
    this.#look ??= setTimeout(() => {
      this.#look = undefined;
      this.#serve();
    }, Math.ceil(milliseconds)).unref();
  }

  #start(): void {
    const { name, properties, asset } = this.definition;
    mkdirSync(path.dirname(this.logFile), { recursive: true });
    const output = openSync(this.logFile, 'a');
    const child = fork(SCRIPT, [this.arn, this.#data.path, name], {
      cwd: asset,
      env: this.environment as NodeJS.ProcessEnv,
      execArgv: ['--no-warnings', `--max-old-space-size=${properties.MemorySize}`],
      stdio: ['ignore', output, output, 'ipc'],
      // Events and answers are text: as such they need not be escaped and read again.
      serialization: 'advanced',
    });
    closeSync(output);
    const worker: Worker = { child, state: 'starting', current: undefined, idle: undefined };
    let unusable: FunctionError | undefined;
    this.#workers.add(worker);
    if (child.pid !== undefined) this.#data.remember(child.pid);
    const late = setTimeout(() => {
      unusable = { errorType: 'Sandbox.Timedout', errorMessage: 'the function did not initialise in time' };
      child.kill('SIGKILL');
    }, this.#limits.initMilliseconds);

    child.on('message', (message: FromFunction) => {
      if (message.kind === 'unusable') unusable = message.error;
      else if (message.kind === 'ready') {
        clearTimeout(late);
        worker.state = 'ready';
        this.#readyAt = performance.now();
        this.#rest(worker);
        this.#serve();
      } else if (message.id === worker.current?.id) this.#finish(worker, this.#outcome(message));
    });
    child.once('error', (error) => {
      unusable = { errorType: 'Runtime.ImportModuleError', errorMessage: error.message };
    });
    child.once('exit', (code, signal) => {
      clearTimeout(late);
      clearTimeout(worker.idle);
      this.#workers.delete(worker);
      if (child.pid !== undefined) this.#data.forget(child.pid);
      const cause = signal ? `signal: ${signal}` : `exit status ${code}`;
      const requestId = worker.current?.id ?? randomUUID();
      const error = unusable ?? {
        errorType: 'Runtime.ExitError',
        errorMessage: `RequestId: ${requestId} Error: Runtime exited with error: ${cause}`,
      };
      // A process that never was ready fails the invocation that it was started for; else nobody would be told.
      const unserved = worker.state === 'starting' ? this.#waiting.shift() : undefined;
      (worker.current ?? unserved)?.resolve({ kind: 'failed', requestId, error });
      this.#serve();
    });
  }

  #rest(worker: Worker): void {
    worker.idle = setTimeout(() => {
      worker.state = 'ending';
      worker.child.kill('SIGKILL');
    }, this.#limits.idleMilliseconds).unref();
  }

  #run(worker: Worker, waiting: Waiting): void {
    clearTimeout(worker.idle);
    const id = randomUUID();
    const milliseconds = this.definition.properties.Timeout * 1_000;
    const timer = setTimeout(() => {
      const seconds = (milliseconds / 1_000).toFixed(2);
      const errorMessage = `RequestId: ${id} Error: Task timed out after ${seconds} seconds`;
      waiting.resolve({ kind: 'failed', requestId: id, error: { errorType: 'Sandbox.Timedout', errorMessage } });
      worker.state = 'ending';
      worker.child.kill('SIGKILL');
    }, milliseconds);
    const resolve = (outcome: Outcome) => {
      clearTimeout(timer);
      waiting.resolve(outcome);
    };
    worker.current = { ...waiting, resolve, id };
    const message: Invoke = { id, event: waiting.event, deadline: Date.now() + milliseconds };
    worker.child.send(message, (error) => {
      if (error) worker.child.kill('SIGKILL'); // Its exit fails the invocation.
    });
  }

  #finish(worker: Worker, outcome: Outcome): void {
    const { current } = worker;
    worker.current = undefined;
    this.#rest(worker);
    current?.resolve(outcome);
    this.#serve();
  }

  #outcome(message: Exclude<FromFunction, { kind: 'ready' | 'unusable' }>): Outcome {
    const requestId = message.id;
    if (message.kind === 'failed') return { kind: 'failed', requestId, error: message.error };
    const { payload } = message;
    if (Buffer.byteLength(payload) <= this.#limits.invocationBytes) return { kind: 'answered', requestId, payload };
    const errorMessage = `Response payload size exceeded maximum allowed payload size (${this.#limits.invocationBytes} bytes).`;
    return { kind: 'failed', requestId, error: { errorType: 'Function.ResponseSizeTooLarge', errorMessage } };
  }
}
