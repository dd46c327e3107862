import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateBucketCommand, HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { startFauxqs } from 'fauxqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { statementKey } from '../../shared/domain/reconciliation/statement.ts';
import { addDays, startOfDay, vietnamDay } from '../../shared/domain/time.ts';
import { JournalStore } from '../../shared/store/journal-store.ts';
import { RegistryStore } from '../../shared/store/registry-store.ts';
import { entryOf, HEADER, LAND, LAND_TERMINAL, lineText } from '../domain/reconciliation/samples.ts';
import { createTable, type Dynoxide, dynoxideIsThere, startDynoxide } from './dynoxide.ts';

/** The two finance functions as they are deployed, on a DynamoDB engine and a bucket of this machine. */
describe.skipIf(!dynoxideIsThere)('finance-api and reconcile', () => {
  const yesterday = addDays(vietnamDay(Date.now()), -1);
  const paidAt = startOfDay(yesterday) + 9 * 3_600_000;
  const before = { ...process.env };
  let dynoxide: Dynoxide;
  let bucket: Awaited<ReturnType<typeof startFauxqs>>;
  let secrets: Server;
  let financeApi: (event: never, context: never) => Promise<APIGatewayProxyStructuredResultV2>;
  let reconcile: (event: never) => Promise<{ batchItemFailures: unknown[] }>;

  beforeAll(async () => {
    dynoxide = await startDynoxide();
    bucket = await startFauxqs({ port: 0, logger: false });
    secrets = createServer((_, answer) => answer.end(JSON.stringify({ SecretString: 's'.repeat(64) })));
    await new Promise<void>((resolve) => secrets.listen(0, '127.0.0.1', resolve));
    Object.assign(process.env, {
      STAGE: 'production',
      INVOICES_TABLE: 'Invoices',
      JOURNAL_TABLE: 'Journal',
      WORK_TABLE: 'Work',
      REGISTRY_TABLE: 'Registry',
      FILES_BUCKET: 'files',
      SECRET_PREFIX: 'thuphi/test/',
      LEDGER_BEGINS: '2026-01-01',
      RECONCILE_QUEUE_URL: 'http://127.0.0.1:9/reconcile',
      SWITCHED_ON_MAPS: 'vnpay:vnpay.settlement.v1',
      AWS_REGION: 'ap-southeast-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_ENDPOINT_URL_DYNAMODB: dynoxide.endpoint,
      AWS_ENDPOINT_URL_S3: bucket.address,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: `http://127.0.0.1:${(secrets.address() as AddressInfo).port}`,
      LOG_LEVEL: 'SILENT',
    });
    const keys = { partition: 'p', sort: 's' };
    await Promise.all(['Journal', 'Work', 'Registry'].map((table) => createTable(dynoxide.db, table, keys)));
    await new S3Client({ forcePathStyle: true }).send(new CreateBucketCommand({ Bucket: 'files' }));

    const registry = new RegistryStore(dynoxide.db, 'Registry');
    const origin = { keyHash: 'k', bodyHash: 'b' };
    const name = { vi: 'Tài vụ', en: 'Finance' };
    for (const [id, agencies] of [
      ['finance', '*'],
      ['other', ['H29.99']],
    ] as const)
      await registry.putClient(
        {
          id,
          kind: 'finance',
          name,
          agencies: agencies === '*' ? agencies : [...agencies],
          returnHosts: [],
          active: true,
        },
        origin,
      );
    await registry.putAgency({ code: LAND, name, active: true }, origin);
    await registry.putMerchantAccount(
      {
        id: 'land-main',
        providerId: 'sandbox-bank',
        agencyCode: LAND,
        beneficiary: 'main',
        terminal: LAND_TERMINAL,
        accountNumber: '1234567890',
        bankBin: '970415',
        active: true,
      },
      origin,
    );
    const journal = new JournalStore(dynoxide.db, 'Journal');
    await journal.append(entryOf({ transactionId: 'T1', paidAt, committedAt: paidAt }));
    await journal.append(entryOf({ transactionId: 'T2', paidAt, committedAt: paidAt, amount: 20_000 }));

    financeApi = (await import('../../functions/finance-api/handler.ts')).handler as never;
    reconcile = (await import('../../functions/reconcile/handler.ts')).handler as never;
  });

  afterAll(async () => {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
    await bucket?.stop();
    await new Promise((resolve) => secrets?.close(resolve));
    await dynoxide?.stop();
  });

  async function call(
    routeKey: string,
    options: {
      query?: string;
      body?: unknown;
      params?: Record<string, string>;
      client?: string;
      headers?: Record<string, string>;
    } = {},
  ) {
    const event = {
      version: '2.0',
      routeKey,
      rawPath: routeKey.split(' ')[1],
      rawQueryString: options.query ?? '',
      headers: { 'content-type': 'application/json', 'idempotency-key': 'key-00001', ...options.headers },
      pathParameters: options.params,
      requestContext: {
        requestId: 'r1',
        authorizer: { jwt: { claims: { client_id: options.client ?? 'finance', sub: 'clerk-7' } } },
      },
      ...(options.body !== undefined && { body: JSON.stringify(options.body) }),
      isBase64Encoded: false,
    };
    const { statusCode, headers, body = '' } = await financeApi(event as never, {} as never);
    const isJson = String(headers?.['content-type']).includes('json');
    return { status: statusCode, headers, body: isJson ? JSON.parse(body) : body };
  }

  const announce = { providerId: 'sandbox-bank', businessDate: yesterday, fileName: 'đối soát.csv' };
  const day = `${yesterday} 09:00:00`;
  const file = [
    HEADER,
    lineText({ id: 'T1', paidAt: day }),
    lineText({ id: 'T3', paidAt: day }),
    'TOTAL,2,270000',
    '',
  ].join('\r\n');

  it('take in a file from announcement to report', async () => {
    const announced = await call('POST /v1/statements', { body: announce });
    expect(announced).toMatchObject({
      status: 201,
      body: { state: 'AWAITING_FILE', uploadHeaders: { 'If-None-Match': '*' } },
    });
    const { statementId, uploadUrl, uploadHeaders } = announced.body;
    expect((await call('POST /v1/statements', { body: announce })).headers).toMatchObject({
      'idempotent-replayed': 'true',
    });
    expect(await call('POST /v1/statements', { body: { ...announce, fileName: 'x.csv' } })).toMatchObject({
      status: 422,
      body: { code: 'idempotency_key_reused' },
    });

    expect((await fetch(uploadUrl, { method: 'PUT', headers: uploadHeaders, body: file })).status).toBe(200);
    const key = statementKey({ ...announce, statementId });
    const { ETag } = await new S3Client({ forcePathStyle: true }).send(
      new HeadObjectCommand({ Bucket: 'files', Key: key }),
    );
    const record = (body: unknown, messageId: string) => ({ messageId, body: JSON.stringify(body) });
    const notice = {
      Records: [{ eventName: 'ObjectCreated:Put', s3: { object: { key: encodeURIComponent(key), eTag: ETag } } }],
    };
    const stray = {
      Records: [{ eventName: 'ObjectCreated:Put', s3: { object: { key: 'statements/stray.csv', eTag: '1' } } }],
    };
    const Records = [
      record({ Event: 's3:TestEvent' }, 'm0'),
      record(stray, 'm1'),
      record(notice, 'm2'),
      record(notice, 'm3'),
    ];
    expect(await reconcile({ Records } as never)).toEqual({ batchItemFailures: [{ itemIdentifier: 'm1' }] });

    const params = { statementId };
    expect((await call('GET /v1/statements/{statementId}', { params })).body).toMatchObject({
      state: 'RECONCILED',
      fileName: 'đối soát.csv',
      totals: { lines: 2, collected: 2, amount: 270_000, matched: 1, matchedAmount: 135_000, exceptions: 2 },
      errors: [],
    });
    expect(await call('GET /v1/statements/{statementId}', { params, client: 'other' })).toMatchObject({ status: 404 });

    const first = await call('GET /v1/exceptions', { query: `agencyCode=${LAND}&limit=1` });
    const second = await call('GET /v1/exceptions', {
      query: `agencyCode=${LAND}&limit=1&cursor=${first.body.nextCursor}`,
    });
    expect([first, second].map(({ body }) => body.data[0].category).sort()).toEqual([
      'MISSING_AT_BANK',
      'MISSING_AT_US',
    ]);
    expect(second.body.nextCursor).toBeNull();
    expect(
      await call('GET /v1/exceptions', { query: `agencyCode=${LAND}&cursor=${first.body.nextCursor}x` }),
    ).toMatchObject({ status: 400, body: { code: 'invalid_cursor' } });
    expect(await call('GET /v1/exceptions', { query: `agencyCode=${LAND}`, client: 'other' })).toMatchObject({
      status: 404,
    });
    expect((await call('GET /v1/exceptions', { client: 'other' })).body.data).toEqual([]);

    const report = await call('GET /v1/reports/daily', { query: `date=${yesterday}&agency=${LAND}` });
    expect(report.body).toMatchObject({
      currency: 'VND',
      totals: {
        received: { count: 2, amount: 155_000 },
        reported: { count: 2, amount: 270_000 },
        difference: -115_000,
        openExceptions: 2,
      },
      ledger: { debit: 155_000, credit: 155_000 },
    });
    for (const how of [
      { query: `date=${yesterday}&format=csv` },
      { query: `date=${yesterday}`, headers: { accept: 'text/csv' } },
    ]) {
      const csv = await call('GET /v1/reports/daily', how);
      expect(csv.headers).toMatchObject({ 'content-type': 'text/csv; charset=utf-8' });
      expect(csv.body).toContain(`${yesterday},${LAND},sandbox-bank,2,155000`);
    }
    expect(
      await call('GET /v1/reports/daily', { query: `date=${yesterday}&agency=${LAND}&agencyCode=H29.1` }),
    ).toMatchObject({ status: 400 });
  });

  it('say by line what is wrong with a file, in two languages', async () => {
    const businessDate = addDays(yesterday, -1);
    const { body } = await call('POST /v1/statements', {
      body: { ...announce, businessDate },
      headers: { 'idempotency-key': 'key-00002' },
    });
    await fetch(body.uploadUrl, { method: 'PUT', headers: body.uploadHeaders, body: `${HEADER}\r\nT1\r\n` });
    const key = statementKey({ ...announce, businessDate, statementId: body.statementId });
    const { ETag } = await new S3Client({ forcePathStyle: true }).send(
      new HeadObjectCommand({ Bucket: 'files', Key: key }),
    );
    const notice = { Records: [{ eventName: 'ObjectCreated:Put', s3: { object: { key, eTag: ETag } } }] };
    await reconcile({ Records: [{ messageId: 'm1', body: JSON.stringify(notice) }] } as never);
    const read = await call('GET /v1/statements/{statementId}', { params: { statementId: body.statementId } });
    expect(read.body).toMatchObject({
      state: 'REFUSED',
      totals: null,
      errors: [
        {
          line: 2,
          code: 'field_count',
          message: { vi: 'Dòng có 1 cột, tiêu đề có 7.', en: 'Fields in the line: 1, in the header: 7.' },
        },
        { line: 0, code: 'trailer_missing' },
      ],
    });
  });
});
