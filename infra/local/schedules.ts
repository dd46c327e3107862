import { randomUUID } from 'node:crypto';
import type { InvokeLater } from './asynchronous.ts';
import { UnsupportedTemplate } from './failures.ts';
import type { Outcome } from './functions.ts';
import { type Due, readSchedule } from './schedule-expression.ts';
import { type Declared, findByName, type System } from './system.ts';

export type Schedules = {
  /** Runs a schedule's target now, and waits for it. Throws `UnknownName`. */
  run(name: string): Promise<Outcome>;
  stop(): void;
};

const MINUTE = 60_000;

/**
 * Invokes the targets when they are due. A rate counts from the start of the stack, a cron expression follows the clock of
 * its time zone. What fell due while the stack was off is not made up, as in AWS when a schedule is disabled.
 */
export function startSchedules(
  system: System,
  invokerOf: (functionArn: string) => InvokeLater | undefined,
  now: () => Date = () => new Date(),
): Schedules {
  const declared = system.all('AWS::Scheduler::Schedule').map((schedule) => ({ schedule, due: dueOf(schedule) }));
  const timers = new Set<NodeJS.Timeout>();
  let minuteTimer: NodeJS.Timeout | undefined;

  async function run(schedule: Declared<'AWS::Scheduler::Schedule'>, at: Date): Promise<Outcome> {
    const { Target } = schedule.properties;
    const invoke = invokerOf(Target.Arn);
    if (!invoke) throw new Error(`schedule ${schedule.name} has no function at ${Target.Arn}`);
    return invoke(JSON.parse(withContext(Target.Input, schedule.attributes['Arn'] ?? '', at)));
  }

  const crons = declared.filter(({ schedule }) => schedule.properties.State === 'ENABLED');
  for (const { schedule, due } of crons) {
    if ('every' in due) timers.add(setInterval(() => void run(schedule, now()), due.every));
  }
  function tick(): void {
    const wait = MINUTE - (now().getTime() % MINUTE);
    minuteTimer = setTimeout(() => {
      const at = now();
      for (const { schedule, due } of crons) if ('matches' in due && due.matches(at)) void run(schedule, at);
      tick();
    }, wait);
  }
  tick();

  return {
    run(name) {
      const found = findByName(
        'schedule',
        declared.map(({ schedule }) => schedule),
        name,
      );
      return run(found, now());
    },
    stop() {
      for (const timer of timers) clearInterval(timer);
      clearTimeout(minuteTimer);
    },
  };
}

/** Checks every schedule of the template. Throws {@link UnsupportedTemplate}. */
export function checkSchedules(system: System): void {
  for (const schedule of system.all('AWS::Scheduler::Schedule')) dueOf(schedule);
}

function dueOf({ stack, logicalId, properties }: Declared<'AWS::Scheduler::Schedule'>): Due {
  try {
    return readSchedule(properties.ScheduleExpression, properties.ScheduleExpressionTimezone);
  } catch (error) {
    throw new UnsupportedTemplate([`${stack}/${logicalId}: ${String(error)}`]);
  }
}

/** Context attributes that a target's input may name. */
function withContext(input: string, arn: string, at: Date): string {
  return input
    .replaceAll('<aws.scheduler.schedule-arn>', arn)
    .replaceAll('<aws.scheduler.scheduled-time>', `${at.toISOString().slice(0, 19)}Z`)
    .replaceAll('<aws.scheduler.execution-id>', () => randomUUID())
    .replaceAll('<aws.scheduler.attempt-number>', '1');
}
