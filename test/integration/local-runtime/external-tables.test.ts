import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LocalStack } from '../../../infra/local/stack.ts';
import { ENDPOINT_VARIABLE } from '../../../infra/local/tables.ts';
import { CALLS, workshop } from './fixture.ts';

/** An endpoint of somebody else that speaks just enough DynamoDB, and takes only the first item of a batch. */
const shop = workshop();
const asked: string[] = [];
let endpoint: Server;
let stack: LocalStack;

beforeAll(async () => {
  endpoint = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const action = String(request.headers['x-amz-target'] ?? '').split('.')[1] ?? '';
      if (action) asked.push(action);
      const body = JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}') as {
        RequestItems?: Record<string, unknown[]>;
      };
      const [table = '', items = []] = Object.entries(body.RequestItems ?? {})[0] ?? [];
      const answer = action === 'BatchWriteItem' ? { UnprocessedItems: { [table]: items.slice(1) } } : {};
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((ready) => endpoint.listen(0, '127.0.0.1', ready));
  const { port } = endpoint.address() as { port: number };
  shop.writeAssembly({
    Service: {
      Resources: {
        Table: {
          Type: 'AWS::DynamoDB::Table',
          Properties: {
            AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
            KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
            BillingMode: 'PAY_PER_REQUEST',
          },
        },
        Writer: shop.lambda(
          'writer',
          `${CALLS} exports.handler = async (items) => dynamodb('BatchWriteItem', { RequestItems: { [process.env.TABLE]: items } });`,
          { Environment: { Variables: { TABLE: { Ref: 'Table' } } } },
        ),
      },
    },
  });
  process.env[ENDPOINT_VARIABLE] = `http://127.0.0.1:${port}`;
  stack = await shop.start();
});

afterAll(async () => {
  delete process.env[ENDPOINT_VARIABLE];
  await stack?.stop();
  await new Promise((done) => endpoint.close(done));
  shop.remove();
});

it('an endpoint that the environment names holds the tables, and no engine is started for them', () => {
  expect(stack.endpoints.dynamodb).toBe(process.env[ENDPOINT_VARIABLE]);
  expect(stack.processIds()['tables']).toEqual([]);
  expect(asked).toContain('CreateTable');
});

it('a partial result inside a 200 reaches the function as it is', async () => {
  const items = ['a', 'b', 'c'].map((pk) => ({ PutRequest: { Item: { pk: { S: pk } } } }));
  expect(await stack.invoke('Writer', items)).toEqual({ UnprocessedItems: { 'Service-Table': items.slice(1) } });
});
