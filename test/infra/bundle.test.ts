import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { bundle, COMPILE_CACHE, compile } from '../../infra/bundle.ts';
import { synthesize } from '../../infra/synth.ts';
import { problems } from '../../shared/api/problems.ts';
import { steps, temporaryFolder } from './synthesized.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** A folder of functions that finds the project's packages; `handlers` by step. */
function functionsFolder(handlers: Record<string, string>): string {
  const folder = temporaryFolder();
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  for (const [step, source] of Object.entries(handlers)) {
    mkdirSync(path.join(folder, step));
    writeFileSync(path.join(folder, step, 'handler.ts'), source);
  }
  return folder;
}

const realistic = `
import { DynamoDBDocumentClient, GetCommand } from '${path.join(root, 'shared/aws/dynamodb.ts')}';
import * as z from 'zod';

const Event = z.strictObject({ amount: z.int().positive() });
const db = new DynamoDBDocumentClient();

export const handler = async (event: unknown) => {
  const refusal = await db.send(new GetCommand({ TableName: 'T', Key: { k: '1' } })).catch(({ message }) => message);
  return { ...Event.parse(event), refusal };
};
`;

/** 185 kB a client, and most of a cold start. */
const UNWANTED =
  /node_modules\/(@aws-sdk\/(client-|lib-|core|credential-|token-|nested-|s3-)|@smithy\/(node-http-handler|credential-)|zod\/v4\/locales|@aws-lambda-powertools\/(tracer|parser))/;

type Metafile = { outputs: Record<string, { bytes: number; inputs: Record<string, { bytesInOutput: number }> }> };

const named = `
import { providerNames } from '${path.join(root, 'shared/providers/index.ts')}';
export const handler = async () => [...providerNames];
`;

describe('a bundle', () => {
  let outdir: string;
  let shipped: string[];

  beforeAll(async () => {
    outdir = temporaryFolder();
    await bundle(outdir, functionsFolder({ sample: realistic, named }));
    shipped = shippedIn('sample');
  });
  const shippedIn = (step: string): string[] => {
    const metafile = JSON.parse(readFileSync(path.join(outdir, 'metafile.json'), 'utf8')) as Metafile;
    const found = Object.entries(metafile.outputs).find(([name]) => name.endsWith(`${step}/index.js`))?.[1];
    return Object.entries(found?.inputs ?? {})
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
      .map(([name]) => name);
  };

  it('is CommonJS in a folder of its own, without sources or maps', () => {
    expect(readdirSync(path.join(outdir, 'sample')).sort()).toEqual(['index.js', 'package.json']);
    expect(JSON.parse(readFileSync(path.join(outdir, 'sample', 'package.json'), 'utf8'))).toEqual({ type: 'commonjs' });
  });

  it('takes its credentials from the environment, as Lambda gives them, and nowhere else', () => {
    expect(shipped).toContain('shared/aws/credentials.ts');
    const call = `require(${JSON.stringify(path.join(outdir, 'sample'))}).handler({ amount: 5000 }).then((a) => console.log(JSON.stringify(a)))`;
    const answer = execFileSync(process.execPath, ['--eval', call], {
      env: { NODE_ENV: 'production' },
      encoding: 'utf8',
    });
    expect(JSON.parse(answer)).toEqual({ amount: 5000, refusal: 'no AWS credentials in the environment' });
  });

  it('brings the names of providers without their adapters, where it asks for no more', () => {
    const providers = shippedIn('named').filter((name) => name.includes('shared/providers/'));
    expect(providers).toContain('shared/providers/vnpay/manifest.ts');
    expect(providers.filter((name) => !/\/(manifest|index|wire)\.ts$/.test(name))).toEqual([]);
  });

  it('brings one language of the schema library, not fifty', () => {
    expect(
      shipped.filter((name) => name.includes('zod') && name.includes('/locales/') && !name.endsWith('/en.js')),
    ).toEqual([]);
  });

  it('brings what it needs: nothing but Node itself is left to require', () => {
    const text = readFileSync(path.join(outdir, 'sample', 'index.js'), 'utf8');
    const required = [...text.matchAll(/require\("([^"]+)"\)/g)].map(([, name]) => name ?? '');
    expect(required.filter((name) => /^(@|[a-z-]+\/)/.test(name) && !name.startsWith('node:'))).toEqual([]);
  });

  it('has what Node compiled of it beside it, where the next start finds it', async () => {
    const shippedTo = temporaryFolder();
    const functions = functionsFolder({ sample: realistic });
    await bundle(shippedTo, functions);
    await compile(shippedTo, { functions });
    const cache = path.join(shippedTo, 'sample', COMPILE_CACHE);
    expect(readdirSync(cache)).toEqual([expect.stringContaining(process.version)]);
    const call = "require('./index.js'); console.log(require('node:module').getCompileCacheDir())";
    const env = { NODE_COMPILE_CACHE: cache, NODE_COMPILE_CACHE_PORTABLE: '1', AWS_REGION: 'none' };
    const said = execFileSync(process.execPath, ['--eval', call], {
      cwd: path.join(shippedTo, 'sample'),
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    expect(said).toContain(cache);
  });

  it('has its fonts and what draws beside it where it writes PDF, and writes one with nothing else at hand', async () => {
    const shippedTo = temporaryFolder();
    const writer = `
      import { pdf } from '${path.join(root, 'shared/documents/pdf.ts')}';
      export const handler = async () => {
        const blocks = [{ kind: 'text' as const, text: 'Biên lai điện tử' }];
        const chunks = [];
        for await (const chunk of pdf(blocks, { title: 'x', language: 'vi', landscape: false, createdAt: 0, footer: () => '' }))
          chunks.push(chunk);
        return Buffer.concat(chunks).toString('latin1').slice(0, 5);
      };`;
    await bundle(shippedTo, functionsFolder({ writer, sample: realistic }));
    expect(readdirSync(path.join(shippedTo, 'writer')).sort()).toEqual([
      'DejaVu-LICENSE',
      'DejaVuSansCondensed-Bold.ttf',
      'DejaVuSansCondensed.ttf',
      'index.js',
      'package.json',
      'pdfkit.js',
      'uqr.js',
    ]);
    expect(readdirSync(path.join(shippedTo, 'sample')).sort()).toEqual(['index.js', 'package.json']);
    const call = `require(${JSON.stringify(path.join(shippedTo, 'writer'))}).handler().then(console.log)`;
    expect(execFileSync(process.execPath, ['--eval', call], { encoding: 'utf8' })).toBe('%PDF-\n');
  });

  it('has the words of problems beside it where it answers one, and reads them then', async () => {
    const shippedTo = temporaryFolder();
    const refuser = `
      import { problemAnswer } from '${path.join(root, 'shared/runtime/problem.ts')}';
      export const handler = async () => problemAnswer('not_found', { language: 'vi', instance: '/', requestId: 'r' }).body;`;
    await bundle(shippedTo, functionsFolder({ refuser }));
    const { title } = problems.not_found;
    expect(readFileSync(path.join(shippedTo, 'refuser', 'index.js'), 'utf8')).not.toContain(title.vi);
    const call = `require(${JSON.stringify(path.join(shippedTo, 'refuser'))}).handler().then(console.log)`;
    expect(JSON.parse(execFileSync(process.execPath, ['--eval', call], { encoding: 'utf8' }))).toMatchObject({
      title: title.vi,
      status: 404,
    });
  });

  it('refuses to be shipped when it does not load', async () => {
    const shippedTo = temporaryFolder();
    const functions = functionsFolder({ broken: "throw new Error('no handler'); export const handler = 1;" });
    await bundle(shippedTo, functions);
    await expect(compile(shippedTo, { functions })).rejects.toThrow('no handler');
  });

  it('is the same bytes from the same sources', async () => {
    const again = temporaryFolder();
    await bundle(again, functionsFolder({ sample: realistic }));
    expect(readFileSync(path.join(again, 'sample', 'index.js'))).toEqual(
      readFileSync(path.join(outdir, 'sample', 'index.js')),
    );
  });
});

describe('the bundles of this service', () => {
  it('hold no client of the SDK, no sign-in flow, no language pack: each speaks to AWS through shared/aws', async () => {
    const outdir = temporaryFolder();
    await bundle(outdir);
    const { outputs } = JSON.parse(readFileSync(path.join(outdir, 'metafile.json'), 'utf8')) as Metafile;
    const unwanted = Object.entries(outputs).flatMap(([file, { inputs }]) =>
      Object.keys(inputs)
        .filter((name) => UNWANTED.test(name))
        .map((name) => `${path.basename(path.dirname(file))}: ${name}`),
    );
    expect(unwanted).toEqual([]);
  });
});

describe('synthesize', () => {
  it('leaves a cloud assembly whose every function is an asset with its bundle', async () => {
    const outdir = temporaryFolder();
    const functions = functionsFolder(
      Object.fromEntries(steps.map((step) => [step, `export const handler = () => '${step}';`])),
    );
    await synthesize({ outdir, stage: 'sandbox', development: true, functions });
    expect(readdirSync(outdir)).toEqual(
      expect.arrayContaining(['manifest.json', 'Data.template.json', 'Service.template.json']),
    );
    const assets = readdirSync(outdir).filter((name) => name.startsWith('asset.'));
    expect(assets.length).toBe(steps.length);
    for (const asset of assets) expect(existsSync(path.join(outdir, asset, 'index.js'))).toBe(true);
  });

  it('leaves it in a hidden folder of the project as well, and finds it as it was when asked again', async () => {
    const outdir = path.join(temporaryFolder(), '.hidden', 'assembly');
    const functions = functionsFolder(
      Object.fromEntries(steps.map((step) => [step, `export const handler = () => '${step}';`])),
    );
    const synthesized = async () => {
      await synthesize({ outdir, stage: 'sandbox', development: true, functions });
      return readdirSync(outdir).sort();
    };
    const first = await synthesized();
    expect(first).toEqual(expect.arrayContaining(['manifest.json', 'Data.template.json', 'Service.template.json']));
    expect(await synthesized()).toEqual(first);
  });

  it('names the function whose handler is missing', async () => {
    const functions = functionsFolder({ 'portal-api': 'export const handler = () => 1;' });
    await expect(
      synthesize({ outdir: temporaryFolder(), stage: 'sandbox', development: false, functions }),
    ).rejects.toThrow(/sandbox-bank/);
  });
});
