import { spawn } from 'node:child_process';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';

/**
 * Runs a script in a process of its own and answers what it wrote to stderr. Nothing of this one's environment goes along, and
 * its lines go to a file: whoever read them here would take the processor from it.
 */
export async function apart(script: string, ...words: readonly string[]): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'thuphi-apart-'));
  const lines = await open(path.join(folder, 'lines'), 'w');
  try {
    const child = spawn(process.execPath, [script, ...words], { env: {}, stdio: ['ignore', lines.fd, 'pipe'] });
    const ended = new Promise<number | null>((done) => child.once('exit', done));
    const said = child.stderr ? await text(child.stderr) : '';
    if ((await ended) !== 0) throw new Error(`${path.basename(script)} ${words.at(-1) ?? ''} failed: ${said}`);
    return said;
  } finally {
    await lines.close();
    await rm(folder, { recursive: true });
  }
}
