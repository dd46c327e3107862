/**
 * The crash matrix: a use case makes calls of its ports; each of them, numbered, is the one at which the process is killed,
 * before the call has its effect or after, or at which the platform fails: the call is turned away, or carried out and its
 * answer lost. Then the caller comes again by its own rule. The end must be that of a run in which nothing happened.
 */

/** Comes between a use case and every call that it makes of a port. */
export type Around = (name: string, call: () => Promise<unknown>) => Promise<unknown>;

export type CrashCase<World> = {
  /** File in `shared/usecases`, without its ending. */
  useCase: string;
  /** The story, in words. */
  story: string;
  world: () => World | Promise<World>;
  /** The call as its caller makes it, and again makes it, over ports of which every call goes through `around`. */
  call: (world: World, around: Around) => Promise<unknown>;
  /** What is left in the end; also in queues and at others. */
  state: (world: World) => unknown;
  /** Time passes until the caller comes again. Milliseconds. */
  wait: (world: World, milliseconds: number) => void;
  /** What of an answer must be the same whenever it is given; a repeated call says that it is one. */
  answer?: (answer: unknown) => unknown;
};

export const FATES = ['killed before', 'killed after', 'turned away at', 'left without the answer of'] as const;
export type Fate = (typeof FATES)[number];

/** As the SDK names what passes. */
class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}

type Ended = { kind: 'answered'; answer: unknown } | { kind: 'failed'; error: unknown } | { kind: 'killed' };

/**
 * Runs the use case in a process whose call number `at` (from 0) meets a fate. A killed process never hears anything again
 * and never calls again: what it would still have done in its error handling is not done either.
 */
async function runUntil<World>(
  { call }: CrashCase<World>,
  world: World,
  at: number,
  fate: Fate,
): Promise<{ ended: Ended; calls: string[] }> {
  const calls: string[] = [];
  let die = (_: Ended): void => undefined;
  const death = new Promise<Ended>((resolve) => {
    die = resolve;
  });
  let dead = false;
  const kill = (): Promise<never> => {
    dead = true;
    die({ kind: 'killed' });
    return silence();
  };
  const around: Around = async (name, effect) => {
    if (dead) return silence();
    const mine = calls.push(name) - 1 === at;
    if (mine && fate === 'killed before') return kill();
    if (mine && fate === 'turned away at') throw new TimeoutError();
    const answer = await effect();
    if (mine && fate === 'left without the answer of') throw new TimeoutError();
    if (mine && fate === 'killed after') return kill();
    return dead ? silence() : answer;
  };
  const life = call(world, around).then(
    (answer): Ended => ({ kind: 'answered', answer }),
    (error: unknown): Ended => ({ kind: 'failed', error }),
  );
  return { ended: await Promise.race([life, death]), calls };
}

const silence = (): Promise<never> => new Promise(() => undefined);
const straight: Around = (_, call) => call();

/** One cell that did not come out as the run without faults. */
export type Difference = { fate: Fate; call: string; wanted: unknown; found: unknown };

/**
 * All cells of one case. `again`: after how long the caller comes again, in milliseconds; where that is long, instants in
 * the end may differ and are left out of the comparison. Answers the names of the calls, and what differed.
 */
export async function crashMatrix<World>(
  one: CrashCase<World>,
  again: number,
): Promise<{ calls: string[]; differences: Difference[] }> {
  const { state, wait, answer: telling = () => undefined } = one;
  const seen = (world: World, answer: unknown) => {
    const all = structuredClone({ state: state(world), answer: telling(answer) });
    return again > 0 ? timeless(all) : all;
  };
  const world = await one.world();
  const wanted = seen(world, await one.call(world, straight));
  const { calls } = await runUntil(one, await one.world(), Number.POSITIVE_INFINITY, 'killed before');
  const differences: Difference[] = [];
  for (const fate of FATES)
    for (let at = 0; at < calls.length; at += 1) {
      const faulty = await one.world();
      const { ended } = await runUntil(one, faulty, at, fate);
      if (ended.kind === 'failed' && !(ended.error instanceof TimeoutError)) throw ended.error;
      let answer = ended.kind === 'answered' ? ended.answer : undefined;
      if (ended.kind !== 'answered') {
        wait(faulty, again);
        answer = await one.call(faulty, straight);
      }
      const found = seen(faulty, answer);
      if (JSON.stringify(found) !== JSON.stringify(wanted))
        differences.push({ fate, call: `${at} ${calls[at]}`, wanted, found });
    }
  return { calls, differences };
}

/** Instants stand in for each other: milliseconds as numbers or digits, and texts by RFC 3339. */
function timeless(value: unknown): unknown {
  const text = JSON.stringify(value)
    .replaceAll(/\b1[78]\d{11}\b/g, '"instant"')
    .replaceAll(/""instant""/g, '"instant"')
    .replaceAll(/\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(\+07:00|Z)/g, 'instant');
  return text;
}

/** A port whose every call goes through `around`; one that answers a sequence counts as one call, when that begins. */
export function through<Port extends object>(port: Port, around: Around, sequences: readonly string[] = []): Port {
  return new Proxy(port, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      if (sequences.includes(String(name)))
        return async function* sequence(...given: unknown[]) {
          await around(String(name), async () => undefined);
          yield* member.apply(target, given) as AsyncIterable<unknown>;
        };
      return (...given: unknown[]) => around(String(name), async () => member.apply(target, given) as unknown);
    },
  });
}
