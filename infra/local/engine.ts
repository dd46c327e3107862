import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import type { DataDirectory } from './data-directory.ts';

/** A program that holds state, in a process of its own: it is started again when it dies, until the stack stops. */
export type Engine = { pids(): number[]; stop(): Promise<void> };

const READY_POLL_MILLISECONDS = 5;
const RESTART_MILLISECONDS = 100;

export async function startEngine(options: {
  name: string;
  data: DataDirectory;
  spawn(restarted: boolean): ChildProcess;
  /** True once it answers. */
  ready(): Promise<boolean>;
  startMilliseconds: number;
  /** Told of every process, the first and those that replace it. */
  onProcess?(pid: number): void;
  log(line: string): void;
}): Promise<Engine> {
  const { name, data, log } = options;
  let child: ChildProcess | undefined;
  let stopping = false;

  async function run(restarted: boolean): Promise<void> {
    const running = options.spawn(restarted);
    child = running;
    const { pid } = running;
    if (pid !== undefined) {
      data.remember(pid);
      options.onProcess?.(pid);
    }
    let ended = false;
    let refused: Error | undefined;
    running.once('error', (error) => {
      refused = error;
    });
    running.once('exit', (code, signal) => {
      ended = true;
      if (pid !== undefined) data.forget(pid);
      if (stopping || child !== running) return;
      log(`${name} ended (${signal ?? code}); it is started again`);
      void delay(RESTART_MILLISECONDS)
        .then(() => (stopping ? undefined : run(true)))
        .catch((error: unknown) => log(`${name}: ${String(error)}`));
    });
    const deadline = Date.now() + options.startMilliseconds;
    while (!(await options.ready())) {
      if (refused) throw refused;
      if (ended && !restarted) {
        stopping = true;
        throw new Error(`${name} did not start; its log is in ${data.file('logs', `${name}.log`)}`);
      }
      if (Date.now() > deadline) throw new Error(`${name} does not answer`);
      await delay(READY_POLL_MILLISECONDS);
    }
  }

  async function stop(): Promise<void> {
    stopping = true;
    const running = child;
    if (!running?.pid || running.exitCode !== null || running.signalCode !== null) return;
    await new Promise<void>((done) => {
      running.once('exit', () => done());
      // Whatever was acknowledged is on disk already: an engine must bear this at any time.
      running.kill('SIGKILL');
    });
    data.forget(running.pid);
  }

  try {
    await run(false);
  } catch (error) {
    await stop();
    throw error;
  }
  return { pids: () => (child?.pid !== undefined && child.exitCode === null ? [child.pid] : []), stop };
}
