import type { Told } from './stage.ts';

/** What a person needs to see what happened, and to see it again. */
export function report({ seed, broken, history, faults, steps }: Told, story: string, events: number): string {
  const drawn = Object.entries(faults).map(([name, value]) => `${name} ${Number(value.toPrecision(2))}`);
  return [
    ...history,
    `Faults of this run: ${drawn.join(', ')}`,
    `Broken after ${steps} steps: ${broken}`,
    `Again: node test/simulation/main.ts --story ${story} --seed ${seed} --events ${events}`,
  ].join('\n');
}
