import { describe, expect, it } from 'vitest';
import type { Endpoint } from '../../shared/api/endpoint.ts';
import { httpApi } from '../../shared/api/index.ts';
import { LogRecord } from '../../shared/domain/logbook/record.ts';
import { Refusal } from '../../shared/domain/refusal.ts';
import { inLogbook, subjectsOf } from '../../shared/runtime/logged-calls.ts';
import { callerOf, client } from '../dsl/world.ts';

const caller = { ...callerOf(client('desk', { kind: 'agency' })), subject: 'clerk one' };
const everyCall: readonly Endpoint[] = Object.values(httpApi).flat();
const endpointAt = (method: string, path: string): Endpoint => {
  const found = everyCall.find((one) => one.method === method && one.path === path);
  if (!found) throw new Error(`no ${method} ${path}`);
  return found;
};

async function logged(
  endpoint: Endpoint,
  { params = {}, query, body }: { params?: object; query?: object; body?: object },
  answer: () => Promise<{ body: unknown; replayed?: boolean }>,
) {
  const records: LogRecord[] = [];
  const ended = await inLogbook(endpoint, { params, query, body, caller }, (one) => records.push(one), answer).then(
    () => 'answered',
    (error: Error) => error.message,
  );
  return { ended, records: records.map((one) => LogRecord.parse(one)) };
}

describe('a call', () => {
  const invoiceId = 'inv_480213567890';

  it('that shows something is a read, with what was shown and none of its data', async () => {
    const body = { invoiceId, dossierCode: 'H29.12-1', agencyCode: 'H29.12', payer: { name: 'Nguyễn Văn Mẫu' } };
    const { records } = await logged(
      endpointAt('GET', '/v1/invoices/{invoiceId}'),
      { params: { invoiceId } },
      async () => ({
        body,
      }),
    );
    expect(records).toMatchObject([
      {
        ...{ book: 'reads', by: 'clerk one', clientId: 'desk', call: 'GET /v1/invoices/{invoiceId}' },
        subjects: [
          { kind: 'invoices', id: invoiceId },
          { kind: 'dossiers', id: 'H29.12-1' },
        ],
        agencyCode: 'H29.12',
      },
    ]);
    expect(JSON.stringify(records)).not.toContain('Mẫu');
  });

  it.each(['/v1/audit', '/v1/reads'])('that looks a person up in %s names one that fits the logbook', async (path) => {
    const log = endpointAt('GET', path);
    const of = (person: string) => log.query?.safeParse({ from: '2026-11-20', to: '2026-11-20', person });
    expect(of('p'.repeat(161))?.success).toBe(false);
    const query = of('p'.repeat(160))?.data as object;
    const { records } = await logged(log, { query }, async () => ({ body: { data: [{}] } }));
    expect(records).toMatchObject([{ subjects: expect.arrayContaining([{ kind: 'persons', id: 'p'.repeat(160) }]) }]);
  });

  it('that lists names every row, and of an empty page there is nothing to say', async () => {
    const list = endpointAt('GET', '/v1/invoices');
    const rows = [{ invoiceId: 'inv_1' }, { invoiceId: 'inv_2' }];
    const { records } = await logged(list, { query: { dossierCode: 'D' } }, async () => ({ body: { data: rows } }));
    expect(records[0]).toMatchObject({
      subjects: [
        { kind: 'invoices', id: '*' },
        { kind: 'dossiers', id: 'D' },
        { kind: 'invoices', id: 'inv_1' },
        { kind: 'invoices', id: 'inv_2' },
      ],
    });
    expect((await logged(list, { query: {} }, async () => ({ body: { data: [] } }))).records).toEqual([]);
  });

  it('that looks into a log names what it looked for', async () => {
    const query = { kind: 'invoices', id: invoiceId, person: 'clerk two' };
    const { records } = await logged(endpointAt('GET', '/v1/reads'), { query }, async () => ({ body: { data: [{}] } }));
    expect(records[0]).toMatchObject({
      subjects: [{ kind: 'reads' }, { kind: 'invoices', id: invoiceId }, { kind: 'persons', id: 'clerk two' }],
    });
  });

  it('that is refused to show anything is no read', async () => {
    const refusing = async () => Promise.reject(new Refusal('not_found'));
    const { ended, records } = await logged(
      endpointAt('GET', '/v1/invoices/{invoiceId}'),
      { params: { invoiceId } },
      refusing,
    );
    expect([ended, records]).toEqual(['refused: not_found', []]);
  });

  it('that does something is written down before and after, in one name', async () => {
    const approve = endpointAt('POST', '/v1/refunds/{refundId}/approval');
    const params = { refundId: 'rfd_1' };
    const { records } = await logged(approve, { params }, async () => ({ body: { refundId: 'rfd_1', invoiceId } }));
    expect(records).toMatchObject([
      { book: 'acts', act: 'asked', subjects: [{ kind: 'refunds', id: 'rfd_1' }] },
      { act: 'applied', subjects: [{ kind: 'refunds' }, { kind: 'invoices', id: invoiceId }] },
    ]);
    const [asked, applied] = records as { callId: string }[];
    expect(asked?.callId).toBe(applied?.callId);
    const repeated = await logged(approve, { params }, async () => ({ body: {}, replayed: true }));
    expect(repeated.records[1]).toMatchObject({ act: 'applied', replayed: true });
  });

  it('that is refused says why, also that somebody tried to be both persons', async () => {
    const approve = endpointAt('POST', '/v1/refunds/{refundId}/approval');
    const own = async () => Promise.reject(new Refusal('own_approval'));
    const { ended, records } = await logged(approve, { params: { refundId: 'rfd_1' } }, own);
    expect(ended).toBe('refused: own_approval');
    expect(records[1]).toMatchObject({ act: 'failed', reason: 'own_approval' });
    const broken = await logged(approve, { params: { refundId: 'rfd_1' } }, async () => Promise.reject(new Error('x')));
    expect(broken.records[1]).toMatchObject({ act: 'failed', reason: 'internal' });
  });

  it('names at most a page of things, and a path without a name names itself', () => {
    const rows = Array.from({ length: 500 }, (_, place) => ({ exceptionId: `exc_${place}` }));
    const called = { params: {}, query: undefined, body: { exceptions: rows }, caller };
    const subjects = subjectsOf('/v1/exceptions/decisions', called, undefined);
    expect(subjects).toHaveLength(100);
    expect(subjects[0]).toEqual({ kind: 'exceptions', id: 'decisions' });
  });

  it.each([
    ['/v1/agencies/{code}/beneficiaries/{beneficiary}', ['agencies A', 'beneficiaries main']],
    ['/v1/operations/queues/{name}/redrive', ['queues inbox']],
    ['/v1/catalogue/versions/{version}/approve', ['versions v1']],
  ])('at %s is about %j', (path, wanted) => {
    const params = { code: 'A', beneficiary: 'main', name: 'inbox', version: 'v1' };
    const subjects = subjectsOf(path, { params, query: undefined, body: undefined, caller }, undefined);
    expect(subjects.map(({ kind, id }) => `${kind} ${id}`)).toEqual(wanted);
  });
});

describe('the contract', () => {
  const without = (why: Endpoint['unlogged']) =>
    everyCall.filter(({ unlogged }) => unlogged === why).map(({ method, path }) => `${method} ${path}`);

  it('leaves out of the logbook what shows nothing of anybody, and nothing else', () => {
    expect(without('nobodys')).toEqual([
      'GET /v1/procedures',
      'GET /v1/procedures/{code}',
      'POST /v1/quotes',
      'POST /v1/quotes/verify',
      'GET /v1/providers',
      'GET /v1/reports',
      'GET /v1/aggregates',
      'GET /v1/catalogue/versions',
      'GET /v1/catalogue/versions/{version}',
      'GET /v1/catalogue/versions/{version}/document',
      'GET /v1/catalogue/versions/{version}/diff',
      'GET /v1/operations/queues',
      'GET /v1/operations/blocked-endpoints',
    ]);
  });

  it('and what itself remembers who made it: invoices, payments, baskets, and the registry with its own entries', () => {
    for (const call of without('kept'))
      expect(call).toMatch(
        /^(POST \/v1\/(invoices|invoices\/\{invoiceId\}\/payments|baskets|proposals\/.*|(agencies|clients)\/.*\/webhook\/rotate)|PUT .*)$/,
      );
    expect(without('kept').some((call) => call.startsWith('GET'))).toBe(false);
  });

  it('has a scope wherever somebody is known, so that the logbook can say who', () => {
    for (const { scope, unlogged } of everyCall) if (!scope) expect(unlogged).toBeUndefined();
  });
});
