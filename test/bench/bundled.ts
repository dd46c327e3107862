import path from 'node:path';
import { build } from 'esbuild';

/** Beside the packages, so that those with native parts are found from there. */
const FOLDER = path.join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'thuphi-bench');

/**
 * One script with all that it imports, as functions are shipped: Node's own stripping of types would take more memory than
 * what is measured. Answers its path.
 */
export async function bundled(script: string): Promise<string> {
  const outfile = path.join(FOLDER, path.basename(script).replace(/\.ts$/, '.mjs'));
  await build({
    ...{ entryPoints: [script], outfile, bundle: true, platform: 'node', format: 'esm', logLevel: 'error' },
    external: ['@duckdb/node-api', 'esbuild'],
  });
  return outfile;
}
