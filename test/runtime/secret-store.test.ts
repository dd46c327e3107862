import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { SecretStore } from '../../shared/runtime/secret-store.ts';
import { isTransient } from '../../shared/runtime/transient.ts';

type Asked = { action: string; input: Record<string, string>; authorization: string };
type Answer = { status?: number; body: string };

const PREFIX = 'thuphi/sandbox/';
const FIVE_MINUTES = 300_000;

let server: Server;
const asked: Asked[] = [];
let answer: (call: Asked) => Answer;
const clock = { at: 0 };
let store: SecretStore;

const json = (value: object, status = 200): Answer => ({ status, body: JSON.stringify(value) });
const missing = json({ __type: 'com.amazonaws.secretsmanager#ResourceNotFoundException', Message: 'none' }, 400);

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const call = {
        action: String(request.headers['x-amz-target']).replace('secretsmanager.', ''),
        input: JSON.parse(Buffer.concat(chunks).toString()) as Record<string, string>,
        authorization: request.headers.authorization ?? '',
      };
      asked.push(call);
      const { status = 200, body } = answer(call);
      response.writeHead(status).end(body);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  if (!address || typeof address === 'string') throw new Error('no port');
  vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', `http://127.0.0.1:${address.port}`);
  vi.stubEnv('AWS_REGION', 'ap-southeast-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIATEST');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
});
afterAll(async () => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
});
beforeEach(() => {
  asked.length = 0;
  clock.at = 1_000_000;
  store = new SecretStore(PREFIX, () => clock.at);
  answer = () => json({ SecretString: 'the value' });
});

describe('reading a secret', () => {
  it('asks by name under the stage’s prefix, signed', async () => {
    expect(await store.read('merchant/vnpay/T1')).toBe('the value');
    expect(asked).toMatchObject([{ action: 'GetSecretValue', input: { SecretId: `${PREFIX}merchant/vnpay/T1` } }]);
    expect(asked[0]?.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIATEST\/\d{8}\/ap-southeast-1\/secretsmanager\//,
    );
  });

  it.each([
    ['of a provider or an endpoint', 'merchant/vnpay/T1', 50_000],
    ['of the service itself', 'keys/quote', 300_000],
  ])(
    '%s is remembered for its time, then asked again: a revoked key is out within a minute (scenario 69)',
    async (_, name, kept) => {
      await store.read(name);
      clock.at += kept - 1;
      await store.read(name);
      expect(asked).toHaveLength(1);
      clock.at += 1;
      answer = () => json({ SecretString: 'a new value' });
      expect(await store.read(name)).toBe('a new value');
      expect(asked).toHaveLength(2);
    },
  );

  it('of none is not remembered: a new secret works at once', async () => {
    answer = () => missing;
    expect(await store.read('a')).toBeUndefined();
    answer = () => json({ SecretString: 'now' });
    expect(await store.read('a')).toBe('now');
  });

  it('that the service needs fails loudly when it is not there', async () => {
    answer = () => missing;
    await expect(store.need('quotes')).rejects.toThrow('quotes');
  });

  it.each<[string, Answer]>([
    ['is throttled', json({ __type: 'ThrottlingException' }, 400)],
    ['is down', json({ __type: 'InternalServiceError' }, 500)],
    ['is replaced by a page', { status: 503, body: '<html>Service Unavailable</html>' }],
  ])('fails closed while the store %s, and is worth another try (scenario 50)', async (_, failing) => {
    answer = () => failing;
    const failure = await store.read('a').then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(isTransient(failure)).toBe(true);
    expect(String(failure)).not.toContain('the value');
  });

  it('does not fall back to what it remembers once that has ended (scenario 50)', async () => {
    await store.read('a');
    clock.at += FIVE_MINUTES;
    answer = () => ({ status: 500, body: '' });
    await expect(store.read('a')).rejects.toThrow();
  });

  it('that holds no text fails', async () => {
    answer = () => json({ SecretBinary: 'AAAA' });
    await expect(store.read('a')).rejects.toThrow('no text');
  });
});

describe('writing a secret', () => {
  it('puts a new value, and the next reader sees it', async () => {
    await store.read('a');
    answer = (call) => json(call.action === 'GetSecretValue' ? { SecretString: 'new' } : {});
    await store.write('a', 'new');
    expect(await store.read('a')).toBe('new');
    expect(asked.map(({ action }) => action)).toEqual(['GetSecretValue', 'PutSecretValue', 'GetSecretValue']);
    expect(asked[1]?.input).toMatchObject({ SecretId: `${PREFIX}a`, SecretString: 'new' });
    expect(asked[1]?.input['ClientRequestToken']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('creates the secret if there is none', async () => {
    answer = (call) => (call.action === 'PutSecretValue' ? missing : json({}));
    await store.write('a', 'new');
    expect(asked.map(({ action }) => action)).toEqual(['PutSecretValue', 'CreateSecret']);
    expect(asked[1]?.input).toMatchObject({ Name: `${PREFIX}a`, SecretString: 'new' });
  });

  it('that is refused fails, and says nothing of the value', async () => {
    answer = () => json({ __type: 'AccessDeniedException' }, 400);
    await expect(store.write('a', 'my secret value')).rejects.toThrow(/^(?!.*my secret value)/);
  });
});

describe('whether a secret exists', () => {
  it('is asked without reading it', async () => {
    answer = (call) => (call.input['SecretId'] === `${PREFIX}a` ? json({ Name: 'a' }) : missing);
    expect(await store.exists('a')).toBe(true);
    expect(await store.exists('b')).toBe(false);
    expect(asked.map(({ action }) => action)).toEqual(['DescribeSecret', 'DescribeSecret']);
  });
});
