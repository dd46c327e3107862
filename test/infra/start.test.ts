import { execFile } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { bundle, plausibleEnvironment } from '../../infra/bundle.ts';
import { steps, temporaryFolder } from './synthesized.ts';

/**
 * What a start pays for, by counts that are the same everywhere. Instructions follow them: some 220 for each byte of a
 * bundle and 90,000 for each schema, beside those of Node's own first call. `npm run bench` counts them where valgrind is.
 */

/** A function's environment takes most of them, and whatever it checks before it can answer. */
const MOST_SCHEMAS = 40;

const KB = 1_000;
/** Below the budgets of G3 and G2, so that this fails before they do. */
const MOST_BYTES = 320 * KB;
/** Longer ones, and why. */
const LONGER: Readonly<Record<string, number>> = {
  // Every way to price and every way to pay.
  'portal-api': 400 * KB,
  'dialect-dvcqg': 360 * KB,
  // Every report, the writers of their documents, and the rules and days by which partners' files are due.
  'reports-api': 340 * KB,
  // Every reader of the banks' and the providers' files, every rule of matching, and the calendar; not asked by a person.
  reconcile: 340 * KB,
  // The interface's document as a page: text, not program.
  'api-docs': 800 * KB,
};

/** Loaded by the call that needs it, from a file beside the bundle. */
const LATE = /node_modules\/(pdfkit|fontkit|uqr|@smithy\/signature-v4)\//;

/** Prints how many schemas were made by the time that a bundle was loaded: zod tells of each through this hook. */
const COUNT = `
  let made = 0;
  globalThis.__zod_globalConfig = { postProcessor: ({ _zod }) => { if (_zod.def.type) made += 1; } };
  require('./index.js');
  console.log(made);
  process.exit(0);
`;

describe('a start', () => {
  let outdir: string;

  beforeAll(async () => {
    outdir = temporaryFolder();
    await bundle(outdir);
  });

  it.each(steps)('of %s makes hardly any schema: `lazy` makes the others when they are used', async (step) => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--eval', COUNT], {
      cwd: path.join(outdir, step),
      env: plausibleEnvironment(),
    });
    expect(Number(stdout)).toBeGreaterThan(0); // The environment's: the hook is there.
    expect(Number(stdout)).toBeLessThanOrEqual(MOST_SCHEMAS);
  });

  it.each(steps)('of %s reads no more than it needs', (step) => {
    expect(statSync(path.join(outdir, step, 'index.js')).size).toBeLessThanOrEqual(LONGER[step] ?? MOST_BYTES);
  });

  it('reads nothing that only some calls need and that is long', () => {
    const { outputs } = JSON.parse(readFileSync(path.join(outdir, 'metafile.json'), 'utf8')) as {
      outputs: Record<string, { inputs: Record<string, unknown> }>;
    };
    const early = Object.entries(outputs).flatMap(([file, { inputs }]) =>
      Object.keys(inputs)
        .filter((name) => LATE.test(name))
        .map((name) => `${file}: ${name}`),
    );
    expect(early).toEqual([]);
  });
});
