import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { everyProcedure, findProcedures, procedureByCode } from '../../shared/catalogue/catalogue.ts';
import { checkDocument } from '../../shared/catalogue/document.ts';
import { gapsOf } from '../../shared/catalogue/gaps.ts';
import { shippedDocument } from '../../shared/catalogue/shipped-document.ts';
import { tariffCsv } from '../../shared/catalogue/tariff-csv.ts';
import { differencesOf } from '../../shared/domain/catalogue/diff.ts';
import {
  documentKey,
  indexKey,
  inForceAt,
  linesKey,
  NOTICE_MILLISECONDS,
  ratesKey,
  searchKey,
  tableKey,
} from '../../shared/domain/catalogue/version.ts';
import type { Caller } from '../../shared/domain/registry/caller.ts';
import { catalogueInForce } from '../../shared/runtime/catalogue-in-force.ts';
import {
  approveCatalogue,
  diffOfCatalogues,
  draftCatalogue,
  exportCatalogue,
  findVersion,
  type PublicationDependencies,
  validateCatalogue,
} from '../../shared/usecases/publish-catalogue.ts';
import { createQuote, openQuote, QUOTE_LIFETIME_MILLISECONDS, verifyQuote } from '../../shared/usecases/quote.ts';
import { aCounter, PERMIT, QUOTE_KEY, refusalOf } from '../dsl/invoicing.ts';
import { aWorld, callerOf, client, LAND, NOW, PORTAL } from '../dsl/world.ts';
import { MemoryFiles } from '../fakes/memory-files.ts';
import { MemoryVersions } from '../fakes/memory-versions.ts';

const person = (subject: string): Caller => ({ ...callerOf(client('law')), subject });
const [ONE, TWO] = [person('one'), person('two')];
const CODE = '9.000001';
const ALL = { from: 0, limit: 100 };
const words = (text: string) => ({ vi: text, en: text });
const row = (amount: number, effectiveFrom = '2026-01-01', effectiveTo: string | null = null, more: object = {}) => ({
  tariff: { kind: 'flat', amount },
  channel: 'any',
  effectiveFrom,
  effectiveTo,
  legalBasis: [{ document: 'TT 1/2026/TT-BTC' }],
  ...more,
});
const procedureData = (rows: object[], code = CODE) => ({
  code,
  dvcCode: `${code}.01`,
  name: words(`Thủ tục ${code}`),
  levels: ['commune'],
  publishingDecision: null,
  sources: ['portal'],
  items: [{ id: `${code}-01`, kind: 'phi', name: words('Phí mẫu'), unit: words('bản'), tariffs: rows }],
});
const documentOf = (...procedures: object[]) =>
  JSON.stringify({ terms: { sources: { portal: 'nguồn mẫu' }, conditions: {} }, files: [{ procedures }] });
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

function anOffice(clock = { at: NOW }) {
  const versions = new MemoryVersions();
  const files = new MemoryFiles();
  const dependencies: PublicationDependencies = {
    versions,
    documents: files,
    check: (text) => checkDocument(JSON.parse(text)),
    builtIn: everyProcedure,
    shipped: shippedDocument,
    registry: aWorld().registry,
    now: () => clock.at,
  };
  const laws = catalogueInForce({ procedure: procedureByCode, find: findProcedures }, versions, files, () => clock.at);
  let calls = 0;
  return {
    clock,
    versions,
    files,
    dependencies,
    laws,
    lawAt: laws.at,
    async draft(text: string, wantedFrom = NOW, caller = ONE) {
      const origin = { keyHash: `call ${calls++}`, bodyHash: 'b' };
      const drafted = await draftCatalogue(
        { sha256: sha256(text), wantedFrom, note: words('ghi chú') },
        caller,
        origin,
        dependencies,
      );
      files.put(documentKey(sha256(text)), text);
      return drafted.version.version;
    },
    async publish(text: string, wantedFrom = NOW) {
      const number = await this.draft(text, wantedFrom);
      const { faults } = await validateCatalogue(number, dependencies);
      expect(faults).toEqual([]);
      return (await approveCatalogue(number, TWO, dependencies)).version;
    },
  };
}

describe('publishing a catalogue', () => {
  it('takes two persons, and the law it was to be', async () => {
    const office = anOffice();
    const number = await office.draft(documentOf(procedureData([row(77_000)])));
    expect(await refusalOf(approveCatalogue(number, TWO, office.dependencies))).toBe('not_validated');
    expect(await validateCatalogue(number, office.dependencies)).toMatchObject({
      faults: [],
      version: { procedures: 1 },
    });
    expect(await refusalOf(approveCatalogue(number, ONE, office.dependencies))).toBe('own_approval');
    expect(await findVersion(number, office.dependencies)).toMatchObject({ state: 'validated' });
    const { version } = await approveCatalogue(number, TWO, office.dependencies);
    expect(version).toMatchObject({ state: 'published', publishedBy: 'two', effectiveFrom: NOW + NOTICE_MILLISECONDS });
    expect(await approveCatalogue(number, TWO, office.dependencies)).toMatchObject({ replayed: true });
    expect(await refusalOf(approveCatalogue(number, person('three'), office.dependencies))).toBe('published_immutable');
    expect(await refusalOf(validateCatalogue(number, office.dependencies))).toBe('published_immutable');
  });

  it('is never in force in the past, nor before every process can know', async () => {
    const office = anOffice();
    expect((await office.publish(documentOf(procedureData([row(1)])), NOW - 86_400_000)).effectiveFrom).toBe(
      NOW + NOTICE_MILLISECONDS,
    );
    const later = NOW + 86_400_000;
    expect((await office.publish(documentOf(procedureData([row(2)])), later)).effectiveFrom).toBe(later);
  });

  it('changes nothing about an instant that has passed', async () => {
    const office = anOffice();
    await office.publish(documentOf(procedureData([row(1)])));
    office.clock.at += 3_600_000;
    const instants = Array.from({ length: 70 }, (_, minute) => NOW + minute * 60_000).filter(
      (at) => at <= office.clock.at,
    );
    const numbers = async () => {
      const all = await office.versions.all();
      return instants.map((at) => inForceAt(all, at)?.version);
    };
    const before = await numbers();
    await office.publish(documentOf(procedureData([row(2)])), NOW);
    expect(await numbers()).toEqual(before);
    expect(new Set(before)).toEqual(new Set([undefined, 2]));
  });

  it('validates nothing but the document that was announced', async () => {
    const office = anOffice();
    const text = documentOf(procedureData([row(1)]));
    const number = await office.draft(text);
    office.files.put(documentKey(sha256(text)), documentOf(procedureData([row(2)])));
    expect((await validateCatalogue(number, office.dependencies)).faults).toEqual([expect.stringMatching(/SHA-256/)]);
    const origin = { keyHash: 'x', bodyHash: 'b' };
    const draft = { sha256: '0'.repeat(64), wantedFrom: NOW, note: words('không có') };
    const { version } = await draftCatalogue(draft, ONE, origin, office.dependencies);
    expect(await refusalOf(validateCatalogue(version.version, office.dependencies))).toBe('document_missing');
  });

  it('says everything that is wrong, and stays a draft', async () => {
    const office = anOffice();
    const faultsOf = async (text: string) => {
      const number = await office.draft(text);
      const { faults, version } = await validateCatalogue(number, office.dependencies);
      expect(version.state).toBe('draft');
      return faults.join('\n');
    };
    expect(await faultsOf('{"files":[]}')).toMatch(/terms/);
    expect(await faultsOf(documentOf(procedureData([row(-1)])))).toMatch(/procedures\.0\.items\.0\.tariffs\.0/);
    expect(await faultsOf(documentOf(procedureData([row(1), row(2, '2026-06-01')])))).toMatch(/overlap/);
    expect(
      await faultsOf(documentOf(procedureData([row(1, '2026-01-01', '2026-06-29'), row(2, '2026-07-01')]))),
    ).toMatch(/9\.000001-01: no base row for online from 2026-06-30 to 2026-06-30/);
    expect(await faultsOf(documentOf(procedureData([row(1)]), procedureData([row(1)])))).toMatch(/twice/);
    expect(await faultsOf(documentOf(procedureData([row(1)], '9.00001')))).toMatch(/procedures\.0\.code/);
    expect(await faultsOf(documentOf({ ...procedureData([row(1)]), sources: ['nobody'] }))).toMatch(/unknown source/);
  });

  it.each([
    ['a province that there is not', 'H99', /9\.000001-01: unknown province H99/],
    ['an agency of a province that there is not', 'H99.12', /unknown province H99/],
    ['an agency in the order of old', '000.00.12.H99', /unknown province H99/],
    ['an agency that nobody registered', 'H29.99', /^no agency is registered under H29\.99$/],
    ['a ministry that nobody registered', 'G22', /^no agency is registered under G22$/],
    ['no province nor ministry at all', '12.34', /^no agency is registered under 12\.34$/],
  ])('refuses rates of %s', async (_, place, words) => {
    const office = anOffice();
    const number = await office.draft(documentOf(procedureData([row(1, '2026-01-01', null, { place })])));
    expect((await validateCatalogue(number, office.dependencies)).faults.join()).toMatch(words);
  });

  it('refuses rates of a province that was part of another one by then, and takes them for before', async () => {
    const office = anOffice();
    const validate = async (from: string, to: string | null) => {
      const number = await office.draft(documentOf(procedureData([row(1, from, to, { place: 'H02' })])));
      return (await validateCatalogue(number, office.dependencies)).faults.join();
    };
    expect(await validate('2025-07-01', null)).toMatch(/H02 \(.+\) was no province then/);
    expect(await validate('2025-06-30', null)).toBe('');
    expect(await validate('2020-01-01', '2025-06-30')).toBe('');
  });

  it('takes rates of provinces and of registered agencies, and asks for reliefs alike', async () => {
    const office = anOffice();
    const relief = (place: string) => ({
      id: 'h29-relief',
      name: words('Miễn'),
      appliesTo: { procedures: [CODE] },
      effect: { kind: 'exempt' },
      channel: 'online',
      place,
      effectiveFrom: '2026-01-01',
      effectiveTo: null,
      legalBasis: [{ document: 'NQ 1/2026/NQ-HĐND' }],
    });
    const validate = async (place: string) => {
      const procedure = procedureData([row(1), row(2, '2026-01-01', null, { place: 'H26' })]);
      const text = JSON.stringify({
        terms: { sources: { portal: 'nguồn mẫu' } },
        files: [{ procedures: [procedure] }, { reliefs: [relief(place)] }],
      });
      return (await validateCatalogue(await office.draft(text), office.dependencies)).faults;
    };
    expect(await validate(LAND)).toEqual([]);
    expect(await validate('H29.99')).toEqual(['no agency is registered under H29.99']);
    expect(await validate('H98')).toEqual(['relief h29-relief: unknown province H98']);
  });

  it('finds no gap in the law that is shipped', () => expect(gapsOf(everyProcedure())).toEqual([]));
});

describe('a table of rates', () => {
  const before = documentOf(procedureData([row(135_000)]), procedureData([row(1)], '9.000002'));

  async function drafted(change: (csv: string) => string) {
    const office = anOffice();
    const base = (await office.publish(before)).version;
    const csv = change(tariffCsv(JSON.parse(before)));
    const draft = { sha256: sha256(csv), table: { base }, wantedFrom: NOW, note: words('mức mới') };
    const { version, upload } = await draftCatalogue(draft, ONE, { keyHash: 't', bodyHash: 't' }, office.dependencies);
    expect(upload.url).toContain(tableKey(sha256(csv)));
    office.files.put(tableKey(sha256(csv)), csv);
    return { office, base, csv, number: version.version };
  }

  it('is published as the document of its base with these rates in it', async () => {
    const { office, base, csv, number } = await drafted((text) =>
      text.replace('""amount"":135000', '""amount"":150000'),
    );
    const { faults, version } = await validateCatalogue(number, office.dependencies);
    expect([faults, version]).toMatchObject([[], { procedures: 2, table: { sha256: sha256(csv), base } }]);
    expect(sha256(office.files.text(documentKey(version.sha256)) ?? '')).toBe(version.sha256);
    // Validated again it is the same version, made of the same table.
    expect((await validateCatalogue(number, office.dependencies)).version.sha256).toBe(version.sha256);
    const differences = await diffOfCatalogues(base, number, office.dependencies);
    expect(differences.map(({ what }) => what)).toEqual(['tariff_removed', 'tariff_added']);
    const published = (await approveCatalogue(number, TWO, office.dependencies)).version;
    const law = await office.laws.at(published.effectiveFrom ?? 0);
    expect((await law.procedure(CODE))?.items[0]?.tariffs[0]?.tariff).toMatchObject({ amount: 150_000 });
  });

  it('that is wrong stays a draft, and its report names row and column', async () => {
    const { office, number } = await drafted((text) => text.replace('""amount"":135000', '""amount"":-1'));
    expect(await validateCatalogue(number, office.dependencies)).toMatchObject({
      faults: [expect.stringMatching(/^row 2, column tariff: amount/)],
      cells: [{ row: 2, column: 'tariff' }],
      version: { state: 'draft' },
    });
  });

  it('whose rows read, and contradict each other, is refused as a document is', async () => {
    const { office, number } = await drafted((text) => `${text}${text.split('\r\n')[1]}\r\n`);
    const { faults, cells } = await validateCatalogue(number, office.dependencies);
    expect([faults.join(), cells]).toEqual([expect.stringMatching(/base rows of 9\.000001-01 overlap/), []]);
  });

  it('goes into nothing but a version that was validated, and is the table that was announced', async () => {
    const { office, csv, number } = await drafted((text) => text);
    for (const base of [99, await office.draft(before)]) {
      const draft = { sha256: sha256(csv), table: { base }, wantedFrom: NOW, note: words('x') };
      const origin = { keyHash: `base ${base}`, bodyHash: 'b' };
      expect(await refusalOf(draftCatalogue(draft, ONE, origin, office.dependencies))).toBe('unprocessable');
    }
    office.files.put(tableKey(sha256(csv)), `${csv}x`);
    expect((await validateCatalogue(number, office.dependencies)).faults).toEqual([expect.stringMatching(/SHA-256/)]);
    office.files.remove(tableKey(sha256(csv)));
    expect(await refusalOf(validateCatalogue(number, office.dependencies))).toBe('document_missing');
  });

  it('goes into the built-in version too', async () => {
    const office = anOffice();
    const csv = tariffCsv(JSON.parse(shippedDocument()));
    const draft = { sha256: sha256(csv), table: { base: 1 }, wantedFrom: NOW, note: words('x') };
    const { version } = await draftCatalogue(draft, ONE, { keyHash: 'k', bodyHash: 'b' }, office.dependencies);
    office.files.put(tableKey(sha256(csv)), csv);
    const { faults, version: validated } = await validateCatalogue(version.version, office.dependencies);
    const made = JSON.parse(office.files.text(documentKey(validated.sha256)) ?? '');
    expect([faults, made]).toEqual([[], JSON.parse(shippedDocument())]);
  });
});

describe('an export', () => {
  it('is what was uploaded, or its rates, under links that end', async () => {
    const office = anOffice();
    const text = documentOf(procedureData([row(7)]));
    const { version, sha256: hash } = await office.publish(text);
    const json = await exportCatalogue(version, 'json', office.dependencies);
    expect(json).toEqual({ url: expect.stringContaining(documentKey(hash)), expiresAt: NOW + 900_000, sha256: hash });
    const csv = await exportCatalogue(version, 'csv', office.dependencies);
    expect(csv.url).toContain(ratesKey(hash));
    const there = office.files.text(ratesKey(hash)) ?? '';
    expect([there, sha256(there)]).toEqual([tariffCsv(JSON.parse(text)), csv.sha256]);
  });

  it('of the built-in version is written when it is asked for, and validates', async () => {
    const office = anOffice();
    const own = documentKey(sha256(shippedDocument()));
    office.files.put(own, 'what somebody uploaded under its name, and could not have validated');
    const { sha256: hash } = await exportCatalogue(1, 'json', office.dependencies);
    expect(documentKey(hash)).toBe(own);
    const text = office.files.text(documentKey(hash)) ?? '';
    expect(checkDocument(JSON.parse(text))).toEqual({ procedures: everyProcedure() });
  });

  it('is of nothing that was not validated', async () => {
    const office = anOffice();
    const number = await office.draft(documentOf(procedureData([row(7)])));
    expect(await refusalOf(exportCatalogue(number, 'json', office.dependencies))).toBe('not_validated');
    expect(await refusalOf(exportCatalogue(77, 'csv', office.dependencies))).toBe('not_found');
  });
});

describe('a difference between two versions', () => {
  const procedures = (text: string) => {
    const checked = checkDocument(JSON.parse(text));
    if ('faults' in checked) throw new Error(checked.faults.join());
    return checked.procedures;
  };

  it('is said in words, rate by rate', () => {
    const before = procedures(documentOf(procedureData([row(135_000)]), procedureData([row(1)], '9.000002')));
    const after = procedures(
      documentOf(
        procedureData([row(135_000, '2026-01-01', '2026-12-31'), row(150_000, '2027-01-01')]),
        procedureData([row(1)], '9.000003'),
      ),
    );
    const differences = differencesOf(before, after);
    expect(differences.map(({ what }) => what)).toEqual([
      'tariff_removed',
      'tariff_added',
      'tariff_added',
      'procedure_removed',
      'procedure_added',
    ]);
    expect(differences[2]?.words.vi).toMatch(
      /^Thêm mức của 9\.000001-01: 150\.000 đồng.* từ 01\/01\/2027 \(any; TT 1\/2026\/TT-BTC\)$/,
    );
    expect(differences[2]?.words.en).toMatch(/150,000 VND.* from 2027-01-01/);
    expect(differencesOf(after, after)).toEqual([]);
  });

  it('is drawn between what was validated, the built-in one among them', async () => {
    const office = anOffice();
    const number = await office.draft(documentOf(procedureData([row(1)])));
    expect(await refusalOf(diffOfCatalogues(1, number, office.dependencies))).toBe('not_validated');
    await validateCatalogue(number, office.dependencies);
    const differences = await diffOfCatalogues(1, number, office.dependencies);
    expect(differences.filter(({ what }) => what === 'procedure_removed')).toHaveLength(everyProcedure().length);
    expect(differences.filter(({ what }) => what === 'procedure_added')).toHaveLength(1);
    expect(await refusalOf(diffOfCatalogues(1, 99, office.dependencies))).toBe('not_found');
  });
});

describe('a version that comes into force between quote and invoice', () => {
  const law = (amount: number) => documentOf(procedureData([row(amount)], PERMIT));

  async function aQuote() {
    const counter = aCounter();
    const office = anOffice(counter.world.clock);
    const pass = (milliseconds: number) => (counter.world.clock.at += milliseconds);
    await office.publish(law(50_000));
    pass(NOTICE_MILLISECONDS);
    const first = await office.laws.at(pass(0));
    const procedure = await first.procedure(PERMIT);
    const { quote } = await createQuote(
      { procedureCode: PERMIT, agencyCode: LAND, channel: 'online', submittedAt: pass(0), facts: {} },
      PORTAL,
      { ...counter.quoting, procedure: () => procedure, catalogueVersion: first.version },
    );
    await office.publish(law(70_000));
    pass(NOTICE_MILLISECONDS);
    expect((await office.laws.at(pass(0))).version).toBe(3);
    const verify = async () => {
      const own = openQuote(quote, QUOTE_KEY).catalogueVersion ?? 0;
      const [now, asQuoted] = await Promise.all(
        [await office.laws.at(pass(0)), await office.laws.numbered(own)].map((one) => one?.procedure(PERMIT)),
      );
      const laws = { procedure: () => now, procedureAsQuoted: () => asQuoted };
      return verifyQuote(quote, PORTAL, { ...counter.quoting, ...laws });
    };
    return { counter, office, quote, pass, verify };
  }

  it('leaves the price that was given, and is told as a difference', async () => {
    const { counter, quote, verify } = await aQuote();
    expect(await verify()).toMatchObject({
      equal: false,
      expired: false,
      differences: [{ what: 'amount', quoted: 50_000, recomputed: 70_000 }],
      asQuoted: { catalogueVersion: 2, equal: true },
    });
    expect(await refusalOf(counter.create(await counter.command({ quote }), 'key-1-long'))).toBe('done');
    expect(counter.all().map(({ total, lines }) => [total, lines.length])).toEqual([[50_000, 1]]);
  });

  it('is what counts once the quote has expired', async () => {
    const { counter, quote, pass, verify } = await aQuote();
    pass(QUOTE_LIFETIME_MILLISECONDS);
    expect(await verify()).toMatchObject({ expired: true, asQuoted: { equal: true } });
    expect(await refusalOf(counter.create(await counter.command({ quote }), 'key-1-long'))).toBe('quote_expired');
    expect(counter.all()).toEqual([]);
  });

  it('is not asked for by a number that was never published', async () => {
    const { office } = await aQuote();
    const draft = await office.draft(law(1));
    expect(await office.laws.numbered(draft)).toBeUndefined();
    expect((await office.laws.numbered(1))?.version).toBe(1);
  });
});

describe('the law in force', () => {
  it('is the built-in one until another one begins', async () => {
    const office = anOffice();
    await office.publish(documentOf(procedureData([row(77_000)])));
    const now = await office.lawAt(office.clock.at);
    expect([now.version, (await now.procedure('3.000347'))?.code]).toEqual([1, '3.000347']);
    const then = await office.lawAt(NOW + NOTICE_MILLISECONDS);
    expect(then.version).toBe(2);
    expect(await then.procedure('3.000347')).toBeUndefined();
    expect(await then.procedure(CODE)).toMatchObject({
      code: CODE,
      items: [{ tariffs: [{ tariff: { amount: 77_000 } }] }],
    });
    expect((await then.find({ search: 'thu tuc 9.000001', ...ALL })).data.map(({ code }) => code)).toEqual([CODE]);
  });

  it('is heard of within half the time that publication gives', async () => {
    const office = anOffice();
    await office.lawAt(office.clock.at);
    await office.publish(documentOf(procedureData([row(1)])));
    const reads = office.versions.reads;
    await office.lawAt(office.clock.at);
    expect(office.versions.reads).toBe(reads);
    office.clock.at = NOW + NOTICE_MILLISECONDS;
    expect((await office.lawAt(office.clock.at)).version).toBe(2);
  });

  it('of a whole country is read in parts: an index and one line, however many there are', async () => {
    const office = anOffice();
    const many = Array.from({ length: 6_842 }, (_, index) =>
      procedureData([row(index)], `8.${String(index).padStart(6, '0')}`),
    );
    await office.publish(documentOf(...many));
    const law = await office.lawAt(NOW + NOTICE_MILLISECONDS);
    expect((await law.procedure('8.006841'))?.items[0]?.tariffs[0]?.tariff).toMatchObject({ amount: 6_841 });
    await law.procedure('8.006841');
    expect(office.files.reads).toBe(2);
    const page = await law.find({ search: '8.00684', from: 1, limit: 1 });
    expect([page.data.map(({ code }) => code), page.more]).toEqual([['8.006841'], false]);
    // Lists read what procedures are found by, and no procedure.
    expect(office.files.reads).toBe(3);
    expect((await law.find({ search: 'thu tuc', from: 0, limit: 2 })).more).toBe(true);
    expect(office.files.reads).toBe(3);
  });

  it('is found in also where validation wrote down no search', async () => {
    const office = anOffice();
    const { sha256: hash } = await office.publish(documentOf(procedureData([row(5)])));
    office.files.remove(searchKey(hash));
    const law = await office.lawAt(NOW + NOTICE_MILLISECONDS);
    expect((await law.find({ search: 'Thủ tục', ...ALL })).data.map(({ code }) => code)).toEqual([CODE]);
  });

  it('that cannot be read is an error and not a guess, and is read again (scenario 50)', async () => {
    const office = anOffice();
    const { sha256: hash } = await office.publish(documentOf(procedureData([row(5)])));
    const law = await office.lawAt(NOW + NOTICE_MILLISECONDS);
    const index = office.files.text(indexKey(hash)) ?? '';
    office.files.put(indexKey(hash), '');
    await expect(law.procedure(CODE)).rejects.toThrow();
    office.files.put(indexKey(hash), index);
    expect((await law.procedure(CODE))?.code).toBe(CODE);
    expect(office.files.text(linesKey(hash))?.endsWith('\n')).toBe(true);
  });
});
