import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { bundle } from '../../infra/bundle.ts';
import { everyProcedure, procedureByCode } from '../../shared/catalogue/catalogue.ts';
import { summaryOf } from '../../shared/catalogue/find.ts';
import { PackedCatalogue, pack } from '../../shared/catalogue/packed.ts';
import type { Procedure } from '../../shared/domain/fees/procedure.ts';

const NATIONAL = 6_842;

/** As many procedures as the country has, in no order. */
const many = (): Procedure[] => {
  const models = everyProcedure();
  return Array.from({ length: NATIONAL }, (_, place): Procedure => {
    const model = models[place % models.length];
    if (!model) throw new Error('no procedure to copy');
    const number = (place * 7_919) % NATIONAL;
    return { ...model, code: `${1 + (number % 3)}.${String(number).padStart(6, '0')}` };
  });
};

function packedOf(procedures: readonly Procedure[]) {
  const { index, lines, search } = pack(procedures);
  const reads: number[] = [];
  const read = (offset: number, length: number) => {
    reads.push(length);
    return lines.subarray(offset, offset + length);
  };
  return { catalogue: new PackedCatalogue({ index, read, search: () => search }), reads };
}

describe('a packed catalogue', () => {
  const procedures = many();
  const { catalogue, reads } = packedOf(procedures);

  it('of 6,842 procedures finds each, and reads only what is asked for', () => {
    expect(catalogue.size).toBe(NATIONAL);
    expect(reads).toEqual([]);
    for (const procedure of procedures) expect(catalogue.byCode(procedure.code)).toEqual(procedure);
    expect(reads).toHaveLength(NATIONAL);
  });

  it('reads a procedure once', () => {
    const fresh = packedOf(procedures);
    const code = procedures[0]?.code ?? '';
    expect(fresh.catalogue.byCode(code)).toBe(fresh.catalogue.byCode(code));
    expect(fresh.reads).toHaveLength(1);
  });

  it.each(['0.000000', '9.999999', '1.0000', '', '1.0000001', 'đ.000000'])('has nothing under %j', (code) => {
    expect(catalogue.byCode(code)).toBeUndefined();
  });

  it('searches and lists in order of code', () => {
    const all = catalogue.all().map((procedure) => procedure.code);
    expect(all).toEqual([...all].sort());
    const before = reads.length;
    const found = catalogue.find({ search: 'doi giay phep lai xe', from: 0, limit: 100 });
    expect([found.data.length, found.more]).toEqual([100, true]);
    // Nothing of a procedure but its summary is read.
    expect(reads).toHaveLength(before);
  });

  it('of nothing has nothing', () => {
    expect(packedOf([]).catalogue.byCode('1.000000')).toBeUndefined();
  });

  it('is the same bytes from the same procedures in any order', () => {
    const again = pack([...procedures].reverse());
    expect(again.index.equals(pack(procedures).index)).toBe(true);
    expect(again.lines.equals(pack(procedures).lines)).toBe(true);
    expect(again.search).toBe(pack(procedures).search);
  });
});

describe('the catalogue beside a bundle', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'thuphi-packed-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is the checked one of the sources, beside whoever reads it and nobody else', async () => {
    await bundle(folder);
    const file = (name: string) => readFileSync(path.join(folder, 'portal-api', name));
    const lines = file('catalogue.ndjson');
    const shipped = new PackedCatalogue({
      index: file('catalogue.index'),
      read: (offset, length) => lines.subarray(offset, offset + length),
      search: () => file('catalogue.search').toString(),
    });
    expect(shipped.find({ from: 0, limit: 10_000 }).data).toEqual(everyProcedure().map(summaryOf));
    expect(shipped.all()).toEqual(everyProcedure());
    expect(shipped.byCode('3.000347')).toEqual(procedureByCode('3.000347'));
    expect(() => readFileSync(path.join(folder, 'sweep', 'catalogue.index'))).toThrow('ENOENT');
    expect(file('index.js').includes('catalogue.ndjson')).toBe(true);
  });

  it('is read by a bundle, a procedure at a time', async () => {
    const functions = mkdtempSync(path.join(tmpdir(), 'thuphi-reader-'));
    mkdirSync(path.join(functions, 'reader'));
    const catalogue = path.resolve(import.meta.dirname, '../../shared/catalogue/catalogue.ts');
    const source = `import { procedureByCode } from ${JSON.stringify(catalogue)};
      export const handler = async (code) => procedureByCode(code)?.items[0]?.tariffs.length ?? 'none';`;
    writeFileSync(path.join(functions, 'reader', 'handler.ts'), source);
    const outdir = path.join(folder, 'reader');
    await bundle(outdir, functions);
    const call = `const { handler } = require(${JSON.stringify(path.join(outdir, 'reader'))});
      Promise.all(['3.000347', '9.999999'].map(handler)).then((all) => console.log(JSON.stringify(all)));`;
    const answer = execFileSync(process.execPath, ['--eval', call], { encoding: 'utf8' });
    expect(JSON.parse(answer)).toEqual([procedureByCode('3.000347')?.items[0]?.tariffs.length, 'none']);
    // Checking stays behind where the bundle is made.
    expect(readFileSync(path.join(outdir, 'reader', 'index.js'), 'utf8')).not.toContain('stands twice');
    rmSync(functions, { recursive: true, force: true });
  });
});
