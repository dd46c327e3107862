import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { merchantsIn } from '../../infra/local/simulators/merchants.ts';
import { type Simulators, startSimulators } from '../../infra/local/simulators/server.ts';
import { addProvider } from '../../infra/provider-scaffold.ts';
import { providerCaller } from '../../shared/runtime/provider-caller.ts';
import { probeProvider } from '../../shared/runtime/provider-probe.ts';

/** `npm run provider -- probe` and `-- add`. */

const ROOT = path.resolve(import.meta.dirname, '../..');
const folders: string[] = [];
const temporaryFolder = () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'thuphi-provider-'));
  folders.push(folder);
  return folder;
};
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

describe('probing a provider', () => {
  let simulators: Simulators;
  let merchants: ReturnType<typeof merchantsIn>;
  beforeAll(async () => {
    simulators = await startSimulators(0);
    merchants = merchantsIn(temporaryFolder());
    for (const [provider, merchant] of merchants) simulators.house.employ(provider, merchant);
  });
  afterAll(() => simulators?.stop());

  const probe = (name: string, more: { terminal?: string; secret?: string } = {}) => {
    const merchant = merchants.get(name) ?? { terminal: '', secret: '' };
    return probeProvider(
      name,
      { ...merchant, ...more },
      {
        played: simulators.url,
        publicUrl: 'https://pay.example.gov.vn',
        caller: providerCaller({ allowLocal: true }),
        now: Date.now,
      },
    );
  };

  it.each([
    'vnpay',
    'momo',
    'zalopay',
    'payos',
    'onepay',
    'viettel-money',
    'payoo',
    'megapay',
    'keypay-dvcqg',
    'dvcqg',
    'paygov',
  ])('sends a signed test order to %s, opens its page and asks what became of it', async (name) => {
    const { passed, lines } = await probe(name);
    expect(passed, lines.join('\n')).toBe(true);
    expect(lines.some((line) => line.startsWith('page') && line.endsWith('HTTP 200'))).toBe(true);
    expect(simulators.house.orders()).toContainEqual(expect.objectContaining({ provider: name, amount: 20_000 }));
    const { secret } = merchants.get(name) ?? { secret: '' };
    const keys = secret.startsWith('{') ? Object.values(JSON.parse(secret) as Record<string, string>) : [secret];
    for (const key of keys.filter((one) => one.length >= 8)) expect(lines.join('\n')).not.toContain(key);
    expect(lines.join('\n')).not.toMatch(/[0-9a-f]{32}/i);
  });

  it('makes a code for a bank transfer', async () => {
    expect((await probe('vietqr')).passed).toBe(true);
  });

  it.each(['vnpay', 'momo', 'onepay', 'payos'])(
    'says that %s refuses an order signed with another key',
    async (name) => {
      const secret = merchants.get(name)?.secret ?? '';
      const other = secret.replace(/[0-9a-fA-F]{16}/g, (digits) => [...digits].reverse().join(''));
      const { passed, lines } = await probe(name, { secret: other });
      expect(passed, lines.join('\n')).toBe(false);
      expect(lines.some((line) => line.endsWith('← refused'))).toBe(true);
    },
  );

  it('says what is no provider, and what is no secret of one', async () => {
    expect(await probe('sepay')).toEqual({ passed: false, lines: ['no provider takes payments as sepay'] });
    expect((await probe('momo', { secret: 'x' })).lines[0]).toContain('this is no secret of momo');
  });
});

describe('adding a provider', () => {
  it.each(['', 'a', 'Bank', 'bank', '-bank', 'a_b', 'a--b', '../escape', 'a'.repeat(25)])(
    'takes no %j for a name',
    (name) => {
      expect(() => addProvider(temporaryFolder(), name)).toThrow('no name of a provider');
    },
  );

  it('touches nothing of one that is there', () => {
    expect(() => addProvider(ROOT, 'vnpay')).toThrow('there is a provider vnpay already');
  });

  it('makes five files and changes one list; all of it is in style and compiles, nobody is offered it, and the contract holds', () => {
    const root = temporaryFolder();
    for (const folder of ['shared', 'test', 'infra', 'functions', 'events', 'docs'])
      cpSync(path.join(ROOT, folder), path.join(root, folder), { recursive: true });
    for (const file of ['package.json', 'tsconfig.json', 'biome.json', '.gitignore'])
      cpSync(path.join(ROOT, file), path.join(root, file));
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(root, 'node_modules'));
    mkdirSync(path.join(root, '.git'));

    const said = execFileSync('npm', ['run', '--silent', 'provider', '--', 'add', 'land-bank'], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(said.split('\n').filter((line) => /^(made|changed) /.test(line))).toEqual([
      'made     shared/providers/land-bank/manifest.ts',
      'made     shared/providers/land-bank/adapter.ts',
      'made     shared/providers/land-bank/samples/callbacks.json',
      'made     test/providers/parties/land-bank.ts',
      'made     infra/local/simulators/players/land-bank.ts',
      'changed  shared/providers/index.ts',
    ]);
    const bin = (name: string) => path.join(root, 'node_modules/.bin', name);
    execFileSync(bin('biome'), ['check', '--error-on-warnings', 'shared/providers', 'test/providers', 'infra/local'], {
      cwd: root,
      stdio: 'pipe',
    });
    execFileSync(bin('tsc'), ['--noEmit'], { cwd: root, stdio: 'pipe' });
    execFileSync(bin('knip'), [], { cwd: root, stdio: 'pipe' });

    const report = path.join(root, 'report.json');
    const suites = ['contract', 'simulators'].map((name) => `test/providers/${name}.test.ts`);
    const words = ['run', '--config', 'test/vitest.config.ts', ...suites];
    const run = spawnSync(bin('vitest'), [...words, '--reporter=json', `--outputFile=${report}`], {
      cwd: root,
      encoding: 'utf8',
    });
    type Report = { testResults: { assertionResults: { fullName: string; status: string }[] }[] };
    const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as Report;
    const all = testResults.flatMap((file) => file.assertionResults);
    expect([run.status, all.filter(({ status }) => status === 'failed')]).toEqual([0, []]);
    const own = all.filter(({ fullName }) => fullName.includes('land-bank keeps the contract of a provider'));
    expect(own.length).toBeGreaterThan(60);
    const played = all.filter(({ fullName, status }) => status === 'passed' && fullName.startsWith('land-bank '));
    expect(played.length).toBeGreaterThan(2);
  });
});
