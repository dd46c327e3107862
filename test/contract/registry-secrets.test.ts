import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openDataDirectory } from '../../infra/local/data-directory.ts';
import { type Secrets, startSecrets } from '../../infra/local/secrets.ts';
import { SecretStore } from '../../shared/runtime/secret-store.ts';
import { MemorySecrets } from '../fakes/memory-secrets.ts';
import { registrySecretsContract } from './registry-secrets.contract.ts';

registrySecretsContract('memory', async () => new MemorySecrets());

describe('over the protocol of Secrets Manager', () => {
  const folder = path.join(tmpdir(), `thuphi-secrets-${process.pid}`);
  const region = 'ap-southeast-1';
  let server: Secrets;
  let stores = 0;
  beforeAll(async () => {
    const port = await freePort();
    vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', `http://127.0.0.1:${port}`);
    vi.stubEnv('AWS_REGION', region);
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
    server = await startSecrets(port, region, '000000000000', await openDataDirectory(folder, true));
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  registrySecretsContract('the secret store', async () => new SecretStore(`store-${stores++}/`, Date.now));

  it('sees at once what another process wrote, whatever it remembers', async () => {
    const [one, other] = [new SecretStore('shared/', () => 0), new SecretStore('shared/', () => 0)];
    await one.write('a', 'old', 'call 1');
    expect(await other.read('a')).toBe('old');
    await one.write('a', 'new', 'call 2');
    expect(await other.current('a')).toMatchObject({ value: 'new' });
  });
});

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
