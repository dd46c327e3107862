import path from 'node:path';
import { defineConfig } from 'vitest/config';

/**
 * Two cores: files run two at a time. Nothing here waits by the clock; the limits only end what hangs, on a machine that is
 * as slow and as busy as may be. So no test has a limit of its own.
 */
export default defineConfig({
  test: {
    root: path.resolve(import.meta.dirname, '..'),
    include: ['test/**/*.test.ts'],
    maxWorkers: 2,
    testTimeout: 600_000,
    hookTimeout: 600_000,
    // What functions print is looked at where it is the subject.
    env: { LOG_LEVEL: 'SILENT' },
  },
});
