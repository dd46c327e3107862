import { parseArgs } from 'node:util';
import { bugs } from './bugs.ts';
import { creditStory } from './credit-story.ts';
import { payoutStory } from './payout-story.ts';
import { refundStory } from './refund-story.ts';
import { report } from './report.ts';
import { run } from './run.ts';
import type { Told } from './stage.ts';

const DEFAULT_EVENTS = 1000;
/** Within so many seeds a planted bug must be found. */
const MOST_SEEDS = 2000;
const MINUTE = 60_000;

const COUNTRY = 'country';
/** What is told of each seed. */
const STORIES: Readonly<Record<string, (seed: number) => Promise<Told>>> = {
  [COUNTRY]: (seed) => run(seed, events),
  refunds: (seed) => refundStory(seed),
  credits: (seed) => creditStory(seed),
  payouts: (seed) => payoutStory(seed),
};

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '1' },
    events: { type: 'string', default: String(DEFAULT_EVENTS) },
    bugs: { type: 'boolean', default: false },
    /** Only those bugs whose name holds this. */
    only: { type: 'string', default: '' },
    all: { type: 'boolean', default: false },
    /** Only the stories of this kind. */
    story: { type: 'string', default: '' },
  },
});

const events = Number(values.events);
process.exitCode = (values.bugs ? await findBugs() : await seeds()) ? 0 : 1;

/** Runs so many seeds from the first, and shows the first that fails; with `--all` it goes on and names the others. */
async function seeds(): Promise<boolean> {
  const first = Number(values.seed);
  const counts: Record<string, number> = {};
  const began = performance.now();
  let steps = 0;
  let ran = 0;
  let failed: { story: string; outcome: Told } | undefined;
  const stories = Object.entries(STORIES).filter(([story]) => values.story === '' || values.story === story);
  for (let seed = first; seed < first + Number(values.seeds) && (!failed || values.all); seed += 1) {
    ran += 1;
    for (const [story, tell] of stories) {
      const outcome = await tell(seed);
      steps += outcome.steps;
      for (const [name, count] of Object.entries(outcome.counts)) {
        const counted = story === COUNTRY ? name : `${story}: ${name}`;
        counts[counted] = (counts[counted] ?? 0) + count;
      }
      if (outcome.broken === undefined) continue;
      failed ??= { story, outcome };
      if (values.all) console.log(`seed ${seed}: ${outcome.broken.split('\n', 1)[0]}`);
    }
  }
  const minutes = (performance.now() - began) / MINUTE;
  if (failed) console.log(report(failed.outcome, failed.story, events));
  for (const [name, count] of Object.entries(counts).sort()) console.log(`${String(count).padStart(8)}  ${name}`);
  console.log(
    `${ran} seeds, ${steps} steps, ${Math.round(steps / minutes)} steps a minute, ${failed ? 'FAILED' : 'all hold'}`,
  );
  return !failed;
}

/** Switches on one mistake after the other and shows after how many seeds each is found. */
async function findBugs(): Promise<boolean> {
  let found = 0;
  const chosen = bugs.filter(({ name }) => name.includes(values.only));
  for (const { name, says, wiring } of chosen) {
    let seed = 1;
    let outcome = await run(seed, events, wiring());
    while (outcome.broken === undefined && seed < MOST_SEEDS) {
      seed += 1;
      outcome = await run(seed, events, wiring());
    }
    if (outcome.broken !== undefined) found += 1;
    console.log(`${name}: ${says}`);
    const [what] = (outcome.broken ?? '').split('\n');
    console.log(outcome.broken === undefined ? `    NOT FOUND in ${seed} seeds` : `    seed ${seed}: ${what}`);
  }
  console.log(`${found} of ${chosen.length} found within ${MOST_SEEDS} seeds each`);
  return found === chosen.length;
}
