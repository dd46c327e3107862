import { spawnSync } from 'node:child_process';
import path from 'node:path';

/** The whole gate, cheap to dear. The first step that fails ends it. */
const steps: readonly (readonly [name: string, command: string, ...args: string[]])[] = [
  ['style and imports', 'biome', 'check', '--error-on-warnings'],
  ['types', 'tsc', '--noEmit'],
  ['unused code', 'knip'],
  ['the committed interface is the contract’s', 'node', 'infra/openapi.ts', '--check'],
  ['the published policy is the table’s', 'node', 'docs/write-policy.ts', '--check'],
  ['tests, by the command that the README names', 'npm', 'test'],
  ['synthesis with rules, sandbox', 'node', 'infra/synth.ts', '--stage', 'sandbox'],
  [
    'synthesis with rules, production',
    'node',
    'infra/synth.ts',
    '--stage',
    'production',
    '--out',
    'cdk.out/production',
  ],
];

const cwd = path.resolve(import.meta.dirname, '..');
const bin = path.join(cwd, 'node_modules/.bin');
for (const [name, command, ...args] of steps) {
  console.log(`\n— ${name}: ${command} ${args.join(' ')}`);
  const { status } = spawnSync(command, args, {
    cwd,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${bin}${path.delimiter}${process.env['PATH']}` },
  });
  if (status !== 0) process.exit(status ?? 1);
}
