import { describe, expect, it } from 'vitest';
import { financeRoutes } from '../../functions/finance-api/routes.ts';
import { httpFunction } from '../../shared/runtime/http.ts';
import { DAY, entryOf } from '../domain/reconciliation/samples.ts';
import { everyone, financeWorld } from '../usecases/finance-world.ts';
import { httpEvent } from './http-events.ts';

describe('the form of the daily report', () => {
  const report = async (accept: string, more = '') => {
    const { dependencies, record } = financeWorldWithCursors();
    await record(entryOf({ transactionId: 'T1' }));
    const handler = httpFunction(financeRoutes(dependencies), async () => everyone);
    const asked = { query: `date=${DAY}${more}`, headers: { accept } };
    return handler(httpEvent('GET /v1/reports/daily', asked), {} as never);
  };
  const financeWorldWithCursors = () => {
    const world = financeWorld();
    const { cursors } = world.dependencies;
    return {
      record: world.record.bind(world),
      dependencies: { ...world.dependencies, cursors: async () => cursors },
    };
  };

  it.each([
    ['', '', 'application/json'],
    ['*/*', '', 'application/json'],
    ['application/json, text/csv;q=0.1', '', 'application/json'],
    ['text/csv;q=0', '', 'application/json'],
    ['text/csv', '', 'text/csv'],
    ['application/json;q=0.5, text/csv', '', 'text/csv'],
    ['application/json', '&format=csv', 'text/csv'],
    ['text/csv', '&format=json', 'application/json'],
  ])('Accept: %j and the query %j: %s', async (accept, more, mediaType) => {
    const answer = await report(accept, more);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': `${mediaType}; charset=utf-8`,
      'x-content-type-options': 'nosniff',
    });
    if (mediaType === 'text/csv') expect(answer.body).toContain(`${DAY},`);
    else expect(JSON.parse(answer.body ?? '')).toMatchObject({ date: DAY });
  });
});
