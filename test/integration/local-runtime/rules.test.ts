import { afterEach, describe, expect, it, vi } from 'vitest';
import { failedItems } from '../../../infra/local/batch-response.ts';
import { Schedule } from '../../../infra/local/catalogue.ts';
import { eventFilter } from '../../../infra/local/event-filter.ts';
import { matchRoute, type Route } from '../../../infra/local/routes.ts';
import { readSchedule } from '../../../infra/local/schedule-expression.ts';
import { startSchedules } from '../../../infra/local/schedules.ts';

describe('event filters', () => {
  const lets = (pattern: object, event: object) => eventFilter([JSON.stringify(pattern)])(event);

  it.each([
    ['a value', { a: ['x'] }, { a: 'x' }, { a: 'y' }],
    ['one of several', { a: ['x', 1, null, true] }, { a: null }, { a: false }],
    ['every field', { a: ['x'], b: ['y'] }, { a: 'x', b: 'y' }, { a: 'x' }],
    ['prefix', { a: [{ prefix: 'pa' }] }, { a: 'paid' }, { a: 'unpaid' }],
    ['suffix', { a: [{ suffix: '.csv' }] }, { a: 'x.csv' }, { a: 'x.xml' }],
    ['exists', { a: [{ exists: true }] }, { a: null }, {}],
    ['absent', { a: [{ exists: false }] }, {}, { a: 'x' }],
    ['anything but', { a: [{ 'anything-but': ['x', 'y'] }] }, { a: 'z' }, { a: 'y' }],
    ['anything but a prefix', { a: [{ 'anything-but': { prefix: 'x' } }] }, { a: 'z' }, { a: 'xy' }],
    ['a range of numbers', { a: [{ numeric: ['>', 0, '<=', 5] }] }, { a: '5' }, { a: 6 }],
    ['any case', { a: [{ 'equals-ignore-case': 'Paid' }] }, { a: 'PAID' }, { a: 'paids' }],
    ['either', { $or: [{ a: ['x'] }, { b: ['y'] }] }, { b: 'y' }, { a: 'y' }],
    ['nested', { a: { b: ['x'] } }, { a: { b: 'x' } }, { a: 'x' }],
  ])('%s', (_, pattern, passes, stays) => {
    expect([lets(pattern, passes), lets(pattern, stays)]).toEqual([true, false]);
  });

  it('has no field from a prototype', () => {
    expect(lets({ constructor: [{ exists: false }] }, {})).toBe(true);
  });
});

describe('answers of a handler about its batch', () => {
  it.each([
    ['null', []],
    ['{}', []],
    ['{"batchItemFailures":null}', []],
    ['{"batchItemFailures":[]}', []],
    ['{"batchItemFailures":[{"itemIdentifier":"b"}]}', ['b']],
  ])('%s', (payload, failed) => {
    expect([...failedItems(payload, ['a', 'b'])]).toEqual(failed);
  });

  it.each([
    '{"batchItemFailures":[{"itemIdentifier":"c"}]}',
    '{"batchItemFailures":[{"itemIdentifier":""}]}',
    '{"batchItemFailures":[{"itemIdentifier":null}]}',
    '{"batchItemFailures":[{"id":"a"}]}',
    '{"batchItemFailures":"a"}',
    '"text"',
  ])('takes %s for a failure of the whole batch', (payload) => {
    expect(failedItems(payload, ['a', 'b'])).toBe('all');
  });
});

describe('schedules', () => {
  const isDue = (expression: string, zone: string, instant: string) => {
    const due = readSchedule(expression, zone);
    return 'matches' in due && due.matches(new Date(instant));
  };

  it('reads rates', () => {
    expect(readSchedule('rate(5 minutes)', 'UTC')).toEqual({ every: 300_000 });
    expect(readSchedule('rate(1 day)', 'UTC')).toEqual({ every: 86_400_000 });
  });

  it('follows the clock of the time zone that it names', () => {
    expect(isDue('cron(15 0 * * ? *)', 'Asia/Ho_Chi_Minh', '2026-11-21T17:15:30Z')).toBe(true);
    expect(isDue('cron(15 0 * * ? *)', 'Asia/Ho_Chi_Minh', '2026-11-22T00:15:30Z')).toBe(false);
  });

  it.each([
    ['cron(0/15 8-17 ? * MON-FRI *)', '2026-11-20T08:45:00Z', true],
    ['cron(0/15 8-17 ? * MON-FRI *)', '2026-11-20T08:50:00Z', false],
    ['cron(0/15 8-17 ? * MON-FRI *)', '2026-11-22T08:45:00Z', false],
    ['cron(0 0 1 JAN,7 ? *)', '2027-01-01T00:00:00Z', true],
    ['cron(0 0 1 1 ? 2026)', '2027-01-01T00:00:00Z', false],
  ])('%s at %s: %s', (expression, instant, due) => {
    expect(isDue(expression, 'UTC', instant)).toBe(due);
  });

  it.each(['cron(0 0 L * ? *)', 'cron(0 0 * * ?)', 'cron(60 0 * * ? *)', 'rate(5 weeks)', 'at(2026-01-01T00:00:00)'])(
    'refuses %s',
    (expression) => {
      expect(() => readSchedule(expression, 'UTC')).toThrow();
    },
  );
});

describe('the clock of the schedules', () => {
  afterEach(() => void vi.useRealTimers());

  it('runs what is due at each minute, and nothing that is disabled', async () => {
    vi.useFakeTimers({ now: new Date('2026-11-21T17:14:30Z') });
    const declared = (name: string, ScheduleExpression: string, State = 'ENABLED') => ({
      ...{ stack: 'Service', logicalId: name, shortName: name, name, ref: name, attributes: {} },
      properties: Schedule.parse({
        ScheduleExpression,
        State,
        ScheduleExpressionTimezone: 'Asia/Ho_Chi_Minh',
        FlexibleTimeWindow: { Mode: 'OFF' },
        Target: { Arn: name },
      }),
    });
    const all = [
      declared('midnight', 'cron(15 0 * * ? *)'),
      declared('noon', 'cron(0 12 * * ? *)'),
      declared('rate', 'rate(2 minutes)'),
      declared('off', 'rate(1 minute)', 'DISABLED'),
    ];
    const ran: string[] = [];
    const schedules = startSchedules(
      { region: 'ap-southeast-1', all: () => all as never, byAttribute: () => undefined },
      (arn) => async () => {
        ran.push(arn);
        return { kind: 'throttled' };
      },
    );
    await vi.advanceTimersByTimeAsync(60_000);
    expect(ran).toEqual(['midnight']);
    await vi.advanceTimersByTimeAsync(180_000);
    expect(ran).toEqual(['midnight', 'rate', 'rate']);
    schedules.stop();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(ran).toHaveLength(3);
  });
});

describe('the choice of a route', () => {
  const route = (key: string): Route => {
    const [method = '', path] = key.split(' ');
    const segments = path?.split('/').slice(1);
    return { key, method, segments, functionArn: '', timeoutMilliseconds: 1, authorizer: undefined, scopes: [] };
  };
  // In the order in which `routesOf` sorts them.
  const routes = ['GET /pets/dog/1', 'GET /pets/dog/{id}', 'GET /pets/{rest+}', 'ANY /{rest+}', '$default'].map(route);
  const chosen = (method: string, path: string) => matchRoute(routes, method, path.split('/').slice(1))?.route.key;

  it.each([
    ['GET', '/pets/dog/1', 'GET /pets/dog/1'],
    ['GET', '/pets/dog/2', 'GET /pets/dog/{id}'],
    ['GET', '/pets/cat/1', 'GET /pets/{rest+}'],
    ['POST', '/pets/dog/1', 'ANY /{rest+}'],
    ['GET', '/', '$default'],
  ])('%s %s → %s, as in the developer guide', (method, path, key) => {
    expect(chosen(method, path)).toBe(key);
  });
});
