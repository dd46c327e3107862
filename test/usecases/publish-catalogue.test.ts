import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { everyProcedure, findProcedures, procedureByCode } from '../../shared/catalogue/catalogue.ts';
import { checkDocument } from '../../shared/catalogue/document.ts';
import { gapsOf } from '../../shared/catalogue/gaps.ts';
import { differencesOf } from '../../shared/domain/catalogue/diff.ts';
import {
  documentKey,
  indexKey,
  inForceAt,
  linesKey,
  NOTICE_MILLISECONDS,
  searchKey,
} from '../../shared/domain/catalogue/version.ts';
import type { Caller } from '../../shared/domain/registry/caller.ts';
import { catalogueInForce } from '../../shared/runtime/catalogue-in-force.ts';
import {
  approveCatalogue,
  diffOfCatalogues,
  draftCatalogue,
  findVersion,
  type PublicationDependencies,
  validateCatalogue,
} from '../../shared/usecases/publish-catalogue.ts';
import { createQuote, openQuote, QUOTE_LIFETIME_MILLISECONDS, verifyQuote } from '../../shared/usecases/quote.ts';
import { aCounter, PERMIT, QUOTE_KEY, refusalOf } from '../dsl/invoicing.ts';
import { callerOf, client, LAND, NOW, PORTAL } from '../dsl/world.ts';
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

  it('finds no gap in the law that is shipped', () => expect(gapsOf(everyProcedure())).toEqual([]));
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
