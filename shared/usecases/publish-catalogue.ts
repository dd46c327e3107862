import { CatalogueDocument } from '../catalogue/document.ts';
import { searchText } from '../catalogue/find.ts';
import { type CellFault, faultWords, tariffCsv, withTariffs } from '../catalogue/tariff-csv.ts';
import { type CatalogueDifference, differencesOf } from '../domain/catalogue/diff.ts';
import {
  BUILT_IN_VERSION,
  type CatalogueVersion,
  type DocumentFiles,
  documentKey,
  effectiveFor,
  indexKey,
  type LinesIndex,
  linesKey,
  MAX_DOCUMENT_BYTES,
  ratesKey,
  searchKey,
  tableKey,
  type VersionBook,
  type VersionReader,
} from '../domain/catalogue/version.ts';
import { isProvince } from '../domain/fees/place.ts';
import { Procedure } from '../domain/fees/procedure.ts';
import { keyReused, notFound, Refusal } from '../domain/refusal.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { Caller } from '../domain/registry/caller.ts';
import type { ChangeOrigin } from '../domain/registry/origin.ts';
import type { Instant } from '../domain/time.ts';
import { sha256 } from './hashing.ts';
import { inParallel } from './in-parallel.ts';

/** How long an upload link works. */
const LINK_MILLISECONDS = 15 * 60_000;
/** Agencies looked up at a time: a law may name as many as there are communes. */
const MAX_LOOK_UPS = 16;

export type PublicationDependencies = {
  versions: VersionBook;
  documents: DocumentFiles;
  /** Reads a document into checked procedures, or says everything that is wrong with it. */
  check: (document: string) => { procedures: readonly Procedure[] } | { faults: readonly string[] };
  builtIn: () => readonly Procedure[];
  /** The document of the built-in version. */
  shipped: () => string;
  registry: Pick<RegistryReader, 'agency'>;
  now: () => Instant;
};

export type DraftCatalogue = {
  /** Of the document, or of the table. */
  sha256: string;
  /** For a table of rates: the version whose document they go into. */
  table?: { base: number } | undefined;
  wantedFrom: Instant;
  note: { vi: string; en: string };
};

/**
 * Announces a document, or a table of rates, by its content and says where to put it. A content that is there already is
 * never replaced. Refusals: idempotency_key_reused, too_many_versions, unprocessable (no such version to put rates into).
 */
export async function draftCatalogue(
  { table, ...draft }: DraftCatalogue,
  caller: Caller,
  origin: ChangeOrigin,
  { versions, documents, now }: PublicationDependencies,
): Promise<{
  version: CatalogueVersion;
  upload: { url: string; headers: Record<string, string>; expiresAt: Instant };
  replayed: boolean;
}> {
  const at = now();
  if (table && !(await hasDocument(table.base, versions)))
    throw new Refusal('unprocessable', undefined, [
      { pointer: '/body/table/base', message: 'no version of this number was validated' },
    ]);
  const drafted = await versions.draft(
    {
      ...draft,
      ...(table && { table: { sha256: draft.sha256, base: table.base } }),
      draftedBy: caller.subject,
      draftedAt: at,
    },
    origin,
  );
  if (drafted.kind === 'keyReused') throw keyReused();
  if (drafted.kind === 'full') throw new Refusal('too_many_versions');
  const key = table ? tableKey(draft.sha256) : documentKey(draft.sha256);
  const link = await documents.uploadLink(key, LINK_MILLISECONDS, at);
  return {
    version: drafted.version,
    upload: { ...link, expiresAt: at + LINK_MILLISECONDS },
    replayed: drafted.kind === 'repeated',
  };
}

/** Whether rates can be put into a version's document. Once validated it stays so. */
const hasDocument = async (number: number, versions: VersionReader): Promise<boolean> =>
  number === BUILT_IN_VERSION || ((await versions.find(number))?.state ?? 'draft') !== 'draft';

/** Refusals: not_found. */
export async function findVersion(
  version: number,
  { versions }: { versions: VersionReader },
): Promise<CatalogueVersion> {
  const found = await versions.find(version);
  if (!found) throw notFound();
  return found;
}

export type Validation = {
  version: CatalogueVersion;
  faults: readonly string[];
  /** Wrong cells of a table, which `faults` has in words. */
  cells: readonly CellFault[];
};

/**
 * Reads a draft's document, made of its base and its rates where it is a table, and if nothing in it is wrong writes it
 * down as functions read it: a line a procedure, and where each lies. A draft with faults stays a draft. Done again it
 * writes the same bytes.
 * Refusals: not_found, document_missing, published_immutable.
 */
export async function validateCatalogue(number: number, dependencies: PublicationDependencies): Promise<Validation> {
  const { versions, documents, check, now } = dependencies;
  const version = await findVersion(number, dependencies);
  if (version.state === 'published') throw new Refusal('published_immutable');
  const read = version.table
    ? await documentOfTable(version.table, dependencies)
    : await announced(documentKey(version.sha256), version.sha256, documents);
  if ('faults' in read) return { version, cells: [], ...read };
  const checked = check(read.text);
  const faults =
    'faults' in checked ? checked.faults : await unknownAgencies(checked.procedures, dependencies.registry);
  if ('faults' in checked || faults.length > 0) return { version, faults, cells: [] };

  const hash = sha256(read.text);
  const { lines, index, search } = packed(checked.procedures);
  if (version.table) await documents.writeText(documentKey(hash), 'application/json', read.text);
  await documents.writeText(linesKey(hash), 'application/x-ndjson', lines);
  await documents.writeText(indexKey(hash), 'application/json', JSON.stringify(index));
  await documents.writeText(searchKey(hash), 'text/plain; charset=utf-8', search);
  const found = { validatedAt: now(), procedures: checked.procedures.length, sha256: hash };
  return { version: (await versions.validated(number, found)).version, faults: [], cells: [] };
}

type Read = { text: string } | { faults: readonly string[]; cells?: readonly CellFault[] };

/** What lies under a key, if it is what was announced. Refusals: document_missing. */
async function announced(key: string, hash: string, documents: DocumentFiles): Promise<Read> {
  const text = await documents.readText(key);
  if (text === undefined) throw new Refusal('document_missing');
  if (Buffer.byteLength(text) > MAX_DOCUMENT_BYTES)
    return { faults: [`the document has more than ${MAX_DOCUMENT_BYTES} bytes`] };
  return sha256(text) === hash
    ? { text }
    : { faults: ['the document is not the one that was announced, or not in UTF-8: its SHA-256 differs'] };
}

/** The base's document with a table's rates in it, or which cells of the table are wrong. */
async function documentOfTable(
  { sha256: hash, base }: NonNullable<CatalogueVersion['table']>,
  dependencies: PublicationDependencies,
): Promise<Read> {
  const table = await announced(tableKey(hash), hash, dependencies.documents);
  if ('faults' in table) return table;
  const { text } = await documentTextOf(base, dependencies);
  const made = withTariffs(CatalogueDocument.parse(JSON.parse(text)), Buffer.from(table.text));
  return 'faults' in made
    ? { faults: made.faults.map(faultWords), cells: made.faults }
    : { text: JSON.stringify(made.document) };
}

/** The document of a validated version, and the hash by which it lies in the bucket. Refusals: not_found, not_validated. */
async function documentTextOf(
  number: number,
  dependencies: PublicationDependencies,
): Promise<{ text: string; hash: string }> {
  if (number === BUILT_IN_VERSION) {
    const text = dependencies.shipped();
    return { text, hash: sha256(text) };
  }
  const version = await findVersion(number, dependencies);
  if (version.state === 'draft') throw new Refusal('not_validated');
  const text = await dependencies.documents.readText(documentKey(version.sha256));
  if (text === undefined) throw new Error(`catalogue version ${number} has no document`);
  return { text, hash: version.sha256 };
}

/** Places of rules that are neither the whole country nor a province, and no agency is registered under. */
async function unknownAgencies(
  procedures: readonly Procedure[],
  registry: Pick<RegistryReader, 'agency'>,
): Promise<string[]> {
  const rules = procedures.flatMap(({ items, reliefs }) => [...items.flatMap((item) => item.tariffs), ...reliefs]);
  const places = [...new Set(rules.flatMap(({ place }) => (place === undefined || isProvince(place) ? [] : [place])))];
  const unknown = new Set<string>();
  await inParallel(places, MAX_LOOK_UPS, async (place) => {
    if (!(await registry.agency(place))) unknown.add(place);
  });
  return places.filter((place) => unknown.has(place)).map((place) => `no agency is registered under ${place}`);
}

export type ExportFormat = 'json' | 'csv';

/**
 * A link to a version's document, or to its rates as a table. The table, and the built-in version's document, are written
 * when they are first asked for. Refusals: not_found, not_validated.
 */
export async function exportCatalogue(
  number: number,
  format: ExportFormat,
  dependencies: PublicationDependencies,
): Promise<{ url: string; expiresAt: Instant; sha256: string }> {
  const { documents, now } = dependencies;
  const { text, hash } = await documentTextOf(number, dependencies);
  const [key, mediaType, content] =
    format === 'json'
      ? [documentKey(hash), 'application/json', text]
      : [ratesKey(hash), 'text/csv; charset=utf-8', tariffCsv(CatalogueDocument.parse(JSON.parse(text)))];
  // What was uploaded lies there as it was validated; the rest is ours to write, over whatever somebody left under its name.
  if (format === 'csv' || number === BUILT_IN_VERSION) await documents.writeText(key, mediaType, content);
  const at = now();
  return {
    url: await documents.downloadLink(key, LINK_MILLISECONDS, at),
    expiresAt: at + LINK_MILLISECONDS,
    sha256: sha256(content),
  };
}

/** One line of JSON a procedure, in order of code, where each lies, and what they are found by. */
function packed(procedures: readonly Procedure[]): { lines: string; index: LinesIndex; search: string } {
  const sorted = [...procedures].sort((one, other) => (one.code < other.code ? -1 : 1));
  let offset = 0;
  const index: LinesIndex = [];
  const lines = sorted.map((procedure) => {
    const line = `${JSON.stringify(procedure)}\n`;
    const length = Buffer.byteLength(line);
    index.push([procedure.code, offset, length]);
    offset += length;
    return line;
  });
  return { lines: lines.join(''), index, search: searchText(sorted) };
}

/**
 * Publishes a validated version: by another person than its drafter, which the write itself makes sure of. Published
 * again by the same person it is answered as before. Refusals: not_found, own_approval, not_validated, published_immutable.
 */
export async function approveCatalogue(
  number: number,
  caller: Caller,
  dependencies: PublicationDependencies,
): Promise<{ version: CatalogueVersion; replayed: boolean }> {
  const { versions, now } = dependencies;
  const version = await findVersion(number, dependencies);
  const publishedAt = now();
  const publication = {
    publishedBy: caller.subject,
    publishedAt,
    effectiveFrom: effectiveFor(version.wantedFrom, publishedAt),
  };
  const moved = await versions.publish(number, publication);
  if (moved.kind === 'moved') return { version: moved.version, replayed: false };
  const there = moved.version;
  if (there.draftedBy === caller.subject) throw new Refusal('own_approval');
  if (there.state === 'published' && there.publishedBy === caller.subject) return { version: there, replayed: true };
  throw new Refusal(there.state === 'published' ? 'published_immutable' : 'not_validated');
}

/** What the change from one version to another means. Both must have been validated. Refusals: not_found, not_validated. */
export async function diffOfCatalogues(
  before: number,
  after: number,
  dependencies: PublicationDependencies,
): Promise<CatalogueDifference[]> {
  const [old, young] = await Promise.all([before, after].map((number) => proceduresOf(number, dependencies)));
  return differencesOf(old ?? [], young ?? []);
}

/** All procedures of a version that was validated. Refusals: not_found, not_validated. */
async function proceduresOf(number: number, dependencies: PublicationDependencies): Promise<readonly Procedure[]> {
  if (number === BUILT_IN_VERSION) return dependencies.builtIn();
  const version = await findVersion(number, dependencies);
  if (version.state === 'draft') throw new Refusal('not_validated');
  const text = await dependencies.documents.readText(linesKey(version.sha256));
  if (text === undefined) throw new Error(`catalogue version ${number} has no lines`);
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => Procedure.parse(JSON.parse(line)));
}
