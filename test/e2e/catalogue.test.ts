import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalStack } from '../../infra/local/stack.ts';
import {
  approveCatalogueVersion,
  diffCatalogueVersions,
  draftCatalogueVersion,
  exportCatalogueVersion,
  getCatalogueVersion,
  listCatalogueVersions,
  validateCatalogueVersion,
} from '../../shared/api/catalogue.ts';
import { createQuote, getProcedure, listProcedures } from '../../shared/api/portal.ts';
import { shippedDocument } from '../../shared/catalogue/shipped-document.ts';
import { removeTemporaryFolders, startTestStack } from '../stack.ts';
import { Caller, expectGateway } from './caller.ts';
import { AGENCY, LICENCE, tokenOf, World } from './world.ts';

/** The law, published by two persons. */

let stack: LocalStack;
let world: World;
let drafter: Caller;
let approver: Caller;

beforeAll(async () => {
  stack = await startTestStack();
  world = await World.enter(stack);
  drafter = new Caller(stack.url, await tokenOf(stack, 'local-catalogue-drafter'));
  approver = new Caller(stack.url, await tokenOf(stack, 'local-catalogue-approver'));
});
afterAll(async () => {
  await world?.leave();
  await stack?.stop();
  removeTemporaryFolders();
});

const words = (text: string) => ({ vi: text, en: text });
const documentOf = (amount: number) =>
  JSON.stringify({
    terms: { sources: { sample: 'nguồn mẫu' }, conditions: {} },
    files: [
      {
        procedures: [
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
        ],
      },
    ],
  });

async function drafted(text: string, table?: { base: number }): Promise<string> {
  const body = {
    sha256: createHash('sha256').update(text).digest('hex'),
    ...(table && { table }),
    wantedFrom: '2026-01-01T00:00:00+07:00',
    note: words('Thử'),
  };
  const { version, uploadUrl, uploadHeaders } = await drafter.done(draftCatalogueVersion, { body });
  const put = await fetch(uploadUrl, { method: 'PUT', headers: uploadHeaders, body: text });
  expect(put.status).toBe(200);
  return String(version);
}

describe('a version of the catalogue', () => {
  it('is drafted by one person, and published by another', async () => {
    const params = { version: await drafted(documentOf(77_000)) };
    await approver.refused(approveCatalogueVersion, { params }, 'not_validated');
    expect(await drafter.done(validateCatalogueVersion, { params })).toMatchObject({ valid: true, faults: [] });
    await drafter.refused(approveCatalogueVersion, { params }, 'own_approval');
    const { differences, from } = await approver.done(diffCatalogueVersions, { params });
    expect(from).toBe(1);
    expect(differences.find(({ what }) => what === 'procedure_added')?.words.vi).toMatch(/^Thêm thủ tục 9\.000001/);
    const published = await approver.done(approveCatalogueVersion, { params });
    expect(published).toMatchObject({ state: 'published', draftedBy: 'local-catalogue-drafter' });
    expect(published.publishedBy).toBe('local-catalogue-approver');

    const at = published.effectiveFrom ?? '';
    const query = { at };
    expect((await world.portal.done(listCatalogueVersions, { query })).inForce).toBe(Number(params.version));
    expect((await world.portal.done(listCatalogueVersions)).inForce).toBe(1);
    await drafter.refused(validateCatalogueVersion, { params }, 'published_immutable');

    const search = 'thu tuc mau';
    const then = await world.portal.done(listProcedures, { query: { search, at } });
    expect([then.catalogueVersion, then.data.map(({ code }) => code)]).toEqual([Number(params.version), ['9.000001']]);
    const now = await world.portal.done(listProcedures, { query: { search } });
    expect([now.catalogueVersion, now.data]).toEqual([1, []]);
    const read = { params: { code: '9.000001' }, query: { at } };
    expect(await world.portal.done(getProcedure, read)).toMatchObject({ catalogueVersion: Number(params.version) });
    await world.portal.refused(getProcedure, { params: { code: '9.000001' } }, 'not_found');
    expect(await world.portal.done(getCatalogueVersion, { params })).toEqual(published);
  });

  it('with faults is not published, and every fault is named', async () => {
    const params = { version: await drafted(documentOf(-1)) };
    const { valid, faults } = await drafter.done(validateCatalogueVersion, { params });
    expect(valid).toBe(false);
    expect(faults).toEqual(['file 1, procedures.0.items.0.tariffs.0.tariff.amount: at least 0']);
    await approver.refused(approveCatalogueVersion, { params }, 'not_validated');
    await approver.refused(approveCatalogueVersion, { params: { version: '999' } }, 'not_found');
  });

  it('is downloaded whole or as a table, and changed by a table', async () => {
    const download = async (version: string, format: 'json' | 'csv') => {
      const { url, sha256 } = await world.portal.done(exportCatalogueVersion, {
        params: { version },
        query: { format },
      });
      const there = await fetch(url);
      expect([there.status, there.headers.get('content-type')]).toEqual([
        200,
        format === 'json' ? 'application/json' : 'text/csv; charset=utf-8',
      ]);
      const content = Buffer.from(await there.arrayBuffer());
      expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
      return content.toString();
    };
    expect(JSON.parse(await download('1', 'json'))).toEqual(JSON.parse(shippedDocument()));
    const rates = await download('1', 'csv');
    expect(await download('1', 'csv')).toBe(rates);

    const at = rates.indexOf('3.000347-01');
    const change = (amount: string) => rates.slice(0, at) + rates.slice(at).replace('""amount"":135000', amount);
    const wrong = { version: await drafted(change('""amount"":-135000'), { base: 1 }) };
    const report = await drafter.done(validateCatalogueVersion, { params: wrong });
    const row = rates.slice(0, at).split('\r\n').length;
    expect(report).toMatchObject({
      valid: false,
      cells: [{ row: expect.any(Number), column: 'tariff', message: 'amount: at least 0' }],
    });
    expect(report.cells[0]?.row).toBeGreaterThanOrEqual(row);

    const params = { version: await drafted(change('""amount"":140000'), { base: 1 }) };
    expect(await drafter.done(validateCatalogueVersion, { params })).toMatchObject({ valid: true, cells: [] });
    const { differences } = await approver.done(diffCatalogueVersions, { params });
    expect(differences.map(({ feeItem }) => feeItem)).toEqual(['3.000347-01', '3.000347-01']);
    expect(JSON.parse(await download(params.version, 'json'))).toHaveProperty('files');
    await world.portal.refused(exportCatalogueVersion, { params: wrong }, 'not_validated');
  });

  it('is nobody’s to draft or publish without the scope', async () => {
    const params = { version: '2' };
    for (const caller of [world.portal, world.operator, world.finance]) {
      expectGateway(await caller.call(draftCatalogueVersion, { body: {} }), 403);
      expectGateway(await caller.call(approveCatalogueVersion, { params }), 403);
    }
  });

  it('is named by a quote', async () => {
    expect(await world.portal.done(getProcedure, { params: { code: LICENCE.procedureCode } })).toMatchObject({
      code: LICENCE.procedureCode,
    });
    const body = {
      procedureCode: LICENCE.procedureCode,
      agencyCode: AGENCY,
      channel: 'counter',
      submittedAt: new Date().toISOString(),
    };
    expect((await world.portal.done(createQuote, { body })).catalogueVersion).toBe(1);
  });
});
