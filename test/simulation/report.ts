import type { Outcome } from './run.ts';

/** What a person needs to see what happened, and to see it again. */
export function report({ seed, broken, history, faults, steps }: Outcome, events: number): string {
  const drawn = Object.entries(faults).map(([name, value]) => `${name} ${Number(value.toPrecision(2))}`);
  return [
    ...history,
    `Faults of this run: ${drawn.join(', ')}`,
    `Broken after ${steps} steps: ${broken}`,
    `Again: node test/simulation/main.ts --seed ${seed} --events ${events}`,
  ].join('\n');
}
