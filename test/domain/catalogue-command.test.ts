import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { catalogueCommand } from '../../shared/catalogue/command.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'thuphi-catalogue-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const words = (text: string) => ({ vi: text, en: text });
const procedures = (amount: number) => [
  {
    code: '9.000001',
    dvcCode: '9.000001.01',
    name: words('Thủ tục mẫu'),
    levels: ['commune'],
    publishingDecision: null,
    sources: ['sample'],
    items: [
      {
        id: '9.000001-01',
        kind: 'phi',
        name: words('Phí mẫu'),
        unit: words('bản'),
        tariffs: [
          {
            tariff: { kind: 'flat', amount },
            channel: 'any',
            effectiveFrom: '2026-01-01',
            effectiveTo: null,
            legalBasis: [{ document: 'TT 1/2026/TT-BTC' }],
          },
        ],
      },
    ],
  },
];
const terms = { sources: { sample: 'nguồn mẫu' }, conditions: {} };

function fileOf(name: string, content: unknown): string {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

type Sent = { method: string; url: string; body: string };

async function run(command: readonly string[], answers: unknown[] = [], token: string | undefined = 'a-token') {
  const printed: string[] = [];
  const sent: Sent[] = [];
  const code = await catalogueCommand(command, {
    print: (line) => printed.push(line),
    fetch: async (url, init) => {
      sent.push({ method: init?.method ?? '', url: String(url), body: String(init?.body ?? '') });
      const next = answers.shift();
      return typeof next === 'number' ? new Response('{}', { status: next }) : Response.json(next);
    },
    token,
  });
  return { code, text: printed.join('\n'), sent };
}

describe('npm run catalogue', () => {
  const good = fileOf('good.json', { terms, files: [{ procedures: procedures(5) }] });
  const dearer = fileOf('dearer.json', { terms, files: [{ procedures: procedures(6) }] });
  const bad = fileOf('bad.json', { terms, files: [{ procedures: procedures(-5) }] });

  it('validates a document, a folder, and what is built in', async () => {
    fileOf('law/terms.json', terms);
    fileOf('law/one.json', { procedures: procedures(5) });
    expect(await run(['validate', good])).toMatchObject({ code: 0, text: 'valid: 1 procedures' });
    expect(await run(['validate', path.join(folder, 'law')])).toMatchObject({ code: 0, text: 'valid: 1 procedures' });
    expect((await run(['validate', 'built-in'])).code).toBe(0);
  });

  it('names the place of every fault, and fails', async () => {
    expect(await run(['validate', bad])).toMatchObject({
      code: 1,
      text: expect.stringMatching(/tariffs\.0\.tariff\.amount/),
    });
    expect(await run(['validate', fileOf('no.json', '{')])).toMatchObject({
      code: 1,
      text: expect.stringMatching(/no JSON/),
    });
  });

  it('says a difference in either language', async () => {
    expect((await run(['diff', good, dearer])).text).toMatch(/^Bỏ mức.*5 đồng.*\nThêm mức.*6 đồng/);
    expect((await run(['diff', good, dearer, '--language', 'en'])).text).toMatch(/Rate added.*6 VND/);
    expect((await run(['diff', good, bad])).code).toBe(2);
  });

  it('writes rates as CSV and reads them back, or names row and column', async () => {
    const csv = (await run(['export', good])).text;
    const back = fileOf('rates.csv', csv.replace('""amount"":5', '""amount"":8'));
    const { code, text } = await run(['import', good, back]);
    expect([code, JSON.parse(text)]).toMatchObject([
      0,
      { files: [{ procedures: [{ items: [{ tariffs: [{ tariff: { amount: 8 } }] }] }] }] },
    ]);
    const wrong = fileOf('wrong.csv', csv.replace('""amount"":5', '""amount"":-8'));
    expect(await run(['import', good, wrong])).toMatchObject({
      code: 1,
      text: expect.stringMatching(/^row 2, column tariff: amount/),
    });
  });

  const options = [
    '--url',
    'http://localhost:1/',
    '--from',
    '2027-01-01T00:00:00+07:00',
    '--note-vi',
    'a',
    '--note-en',
    'b',
  ];
  const draft = { version: 2, uploadUrl: 'http://files/x', uploadHeaders: {} };

  it('drafts, uploads and validates; a content that is there already is no fault', async () => {
    for (const upload of [200, 412]) {
      const { code, text, sent } = await run(
        ['publish', good, ...options],
        [draft, upload, { valid: true, faults: [] }],
      );
      expect([code, text]).toEqual([0, 'version 2 waits for another person to approve it']);
      expect(sent.map(({ method, url }) => `${method} ${url}`)).toEqual([
        'POST http://localhost:1/v1/catalogue/versions',
        'PUT http://files/x',
        'POST http://localhost:1/v1/catalogue/versions/2/validate',
      ]);
    }
    const refused = await run(['publish', bad, ...options], [draft, 200, { valid: false, faults: ['here'] }]);
    expect([refused.code, refused.text]).toEqual([1, 'here\nit stays a draft']);
  });

  it('drafts the rates of a table into the document of a version', async () => {
    const table = fileOf('table.csv', (await run(['export', good])).text);
    const { code, sent } = await run(
      ['publish', table, '--base', '1', ...options],
      [draft, 200, { valid: true, faults: [] }],
    );
    expect([code, JSON.parse(sent[0]?.body ?? '')]).toMatchObject([0, { table: { base: 1 } }]);
    expect(sent[1]?.body).toMatch(/^\ufefffee_item,place,/);
  });

  it('downloads a version, whole or its rates', async () => {
    const { text, sent } = await run(
      ['download', '2', '--url', 'http://a', '--format', 'csv'],
      [{ url: 'http://files/y' }, {}],
    );
    expect(text).toBe('{}');
    expect(sent.map(({ url }) => url)).toEqual([
      'http://a/v1/catalogue/versions/2/document?format=csv',
      'http://files/y',
    ]);
    expect((await run(['download', '2', '--url', 'http://a'], [{ url: 'http://files/y' }, 404])).code).toBe(2);
  });

  it('approves, and passes on what the service refuses', async () => {
    const approved = await run(['approve', '2', '--url', 'http://a'], [{ version: 2, effectiveFrom: 'then' }]);
    expect([approved.code, approved.text]).toEqual([0, 'version 2 is in force from then']);
    expect((await run(['approve', '2', '--url', 'http://a'], [403])).code).toBe(2);
  });

  it('says how it is meant', async () => {
    for (const command of [[], ['validate'], ['whatever'], ['publish', good], ['approve', '2']])
      expect((await run(command)).code).toBe(2);
    expect(await run(['approve', '2', '--url', 'http://a'], [], '')).toMatchObject({ code: 2, sent: [] });
  });
});
