import { execFileSync } from 'node:child_process';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DataDirectoryInUse } from './failures.ts';

/** Only the owner reads what may hold secrets. */
const OWNER_ONLY = 0o600;
const OWNER_DIRECTORY = 0o700;
/** A killed process is gone from the process table within this time. */
const KILL_MILLISECONDS = 5_000;
const KILL_POLL_MILLISECONDS = 10;

const LOCK = 'stack.pid';
const PROCESSES = 'processes';

/** What a stack leaves on disk between two starts. One stack at a time: a lock file says which process owns it. */
export type DataDirectory = {
  readonly path: string;
  /** Absolute path of a file inside. */
  file(...names: string[]): string;
  /** The text of a file inside, or undefined. */
  read(name: string): string | undefined;
  /** Replaces a file inside: after a crash there is the old or the new content, never a part. */
  write(name: string, text: string): void;
  /** As `write`, and done sooner: a fall of the whole machine may leave it older, or empty. */
  note(name: string, text: string): void;
  /** Remembers a child process, so that the next start can end it if this stack dies without doing so. */
  remember(pid: number): void;
  forget(pid: number): void;
  release(): void;
};

/**
 * Takes the directory for this process and ends what an earlier stack left running. With `fresh`, empties it.
 * Throws {@link DataDirectoryInUse} while another live stack holds it; the lock of a dead one is taken over.
 */
export async function openDataDirectory(directory: string, fresh: boolean): Promise<DataDirectory> {
  const root = path.resolve(directory);
  mkdirSync(root, { recursive: true, mode: OWNER_DIRECTORY });
  lock(root);
  try {
    await endOrphans(path.join(root, PROCESSES));
    if (fresh) {
      for (const name of readdirSync(root)) {
        if (name !== LOCK) rmSync(path.join(root, name), { recursive: true, force: true });
      }
    }
    mkdirSync(path.join(root, PROCESSES), { recursive: true, mode: OWNER_DIRECTORY });
  } catch (error) {
    rmSync(path.join(root, LOCK), { force: true });
    throw error;
  }
  const file = (...names: string[]) => path.join(root, ...names);
  return {
    path: root,
    file,
    read: (name) => readIfThere(file(name)),
    write: (name, text) => writeAtomically(file(name), text),
    note: (name, text) => replace(file(name), text, false),
    remember(pid) {
      const command = commandOf(pid);
      if (command !== undefined) replace(file(PROCESSES, String(pid)), command, false);
    },
    forget: (pid) => rmSync(file(PROCESSES, String(pid)), { force: true }),
    release: () => rmSync(file(LOCK), { force: true }),
  };
}

/** Throws {@link DataDirectoryInUse} while a live stack holds the directory; touches nothing. */
export function checkDataDirectory(directory: string): void {
  const root = path.resolve(directory);
  const [pid, command] = readIfThere(path.join(root, LOCK))?.split('\n', 2) ?? [];
  // A pid is given again to another program one day: the same number with another command line is not our holder.
  if (command !== undefined && commandOf(Number(pid)) === command) throw new DataDirectoryInUse(root, Number(pid));
}

function lock(root: string): void {
  const file = path.join(root, LOCK);
  checkDataDirectory(root);
  rmSync(file, { force: true });
  let handle: number;
  try {
    handle = openSync(file, 'wx', OWNER_ONLY);
  } catch {
    throw new DataDirectoryInUse(root, Number(readIfThere(file)?.split('\n', 1)[0] ?? 0));
  }
  writeSync(handle, `${process.pid}\n${commandOf(process.pid) ?? ''}`);
  closeSync(handle);
}

async function endOrphans(directory: string): Promise<void> {
  mkdirSync(directory, { recursive: true, mode: OWNER_DIRECTORY });
  const pids = readdirSync(directory).map(Number).filter(Number.isSafeInteger);
  await Promise.all(
    pids.map(async (pid) => {
      const file = path.join(directory, String(pid));
      const remembered = readIfThere(file);
      if (remembered && commandOf(pid) === remembered) {
        process.kill(pid, 'SIGKILL');
        const deadline = Date.now() + KILL_MILLISECONDS;
        while (commandOf(pid) === remembered && Date.now() < deadline) await delay(KILL_POLL_MILLISECONDS);
      }
      rmSync(file, { force: true });
    }),
  );
}

/** The command line of a live process, its arguments separated by spaces; undefined when there is none. */
export function commandOf(pid: number): string | undefined {
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  if (process.platform === 'linux') {
    const line = readIfThere(`/proc/${pid}/cmdline`)?.replaceAll('\0', ' ').trim();
    return line ? line : undefined; // A zombie has none.
  }
  try {
    const line = execFileSync('ps', ['-p', String(pid), '-o', 'command='], { encoding: 'utf8' }).trim();
    return line === '' ? undefined : line.split('\n').join(' ');
  } catch {
    return undefined;
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** Writes beside, flushes to the disk, then renames over. */
export const writeAtomically = (file: string, text: string): void => replace(file, text, true);

function replace(file: string, text: string, flush: boolean): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: OWNER_DIRECTORY });
  const beside = `${file}.new`;
  const handle = openSync(beside, 'w', OWNER_ONLY);
  try {
    writeSync(handle, text);
    if (flush) fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(beside, file);
}
