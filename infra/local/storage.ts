import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import { portOf } from './addresses.ts';
import type { Announcement } from './buckets.ts';
import type { DataDirectory } from './data-directory.ts';
import { type Engine, startEngine } from './engine.ts';
import type { FromStack } from './storage-process.ts';

export type Storage = Engine & {
  /** That process shall not outlive this stack, even when the stack is killed. */
  endWithStack(pid: number): void;
};

/** Starts the process of queues and buckets at that address, which announces those objects to their queues. */
export async function startStorage(options: {
  address: string;
  region: string;
  announcements: readonly Announcement[];
  data: DataDirectory;
  startMilliseconds: number;
  log(line: string): void;
}): Promise<Storage> {
  const { address, data, region, announcements } = options;
  mkdirSync(data.file('logs'), { recursive: true });
  const output = openSync(data.file('logs', 'storage.log'), 'a');
  const script = path.join(import.meta.dirname, 'storage-process.ts');
  let child: ChildProcess | undefined;
  const companions = new Set<number>();
  const tell = (message: FromStack) => {
    if (child?.connected) child.send(message);
  };

  const engine = await startEngine({
    ...options,
    name: 'storage',
    spawn(restarted) {
      const words = [data.file('storage'), String(portOf(address)), region, ...(restarted ? ['restarted'] : [])];
      child = fork(script, words, { stdio: ['ignore', output, output, 'ipc'], execArgv: ['--no-warnings'], env: {} });
      tell({ announcements });
      for (const pid of companions) tell({ endWithStack: pid });
      return child;
    },
    async ready() {
      try {
        return (await fetch(`${address}/health`)).ok;
      } catch {
        return false;
      }
    },
  });
  return {
    ...engine,
    endWithStack(pid) {
      companions.add(pid);
      tell({ endWithStack: pid });
    },
  };
}
