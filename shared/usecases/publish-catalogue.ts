import { searchText } from '../catalogue/find.ts';
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
  searchKey,
  type VersionBook,
  type VersionReader,
} from '../domain/catalogue/version.ts';
import { Procedure } from '../domain/fees/procedure.ts';
import { keyReused, notFound, Refusal } from '../domain/refusal.ts';
import type { Caller } from '../domain/registry/caller.ts';
import type { ChangeOrigin } from '../domain/registry/origin.ts';
import type { Instant } from '../domain/time.ts';
import { sha256 } from './hashing.ts';

/** How long an upload link works. */
const LINK_MILLISECONDS = 15 * 60_000;

export type PublicationDependencies = {
  versions: VersionBook;
  documents: DocumentFiles;
  /** Reads a document into checked procedures, or says everything that is wrong with it. */
  check: (document: string) => { procedures: readonly Procedure[] } | { faults: readonly string[] };
  builtIn: () => readonly Procedure[];
  now: () => Instant;
};

export type DraftCatalogue = { sha256: string; wantedFrom: Instant; note: { vi: string; en: string } };

/**
 * Announces a document by its content and says where to put it. A content that is there already is never replaced.
 * Refusals: idempotency_key_reused, too_many_versions.
 */
export async function draftCatalogue(
  draft: DraftCatalogue,
  caller: Caller,
  origin: ChangeOrigin,
  { versions, documents, now }: PublicationDependencies,
): Promise<{
  version: CatalogueVersion;
  upload: { url: string; headers: Record<string, string>; expiresAt: Instant };
  replayed: boolean;
}> {
  const at = now();
  const drafted = await versions.draft({ ...draft, draftedBy: caller.subject, draftedAt: at }, origin);
  if (drafted.kind === 'keyReused') throw keyReused();
  if (drafted.kind === 'full') throw new Refusal('too_many_versions');
  const link = await documents.uploadLink(documentKey(draft.sha256), LINK_MILLISECONDS, at);
  return {
    version: drafted.version,
    upload: { ...link, expiresAt: at + LINK_MILLISECONDS },
    replayed: drafted.kind === 'repeated',
  };
}

/** Refusals: not_found. */
export async function findVersion(
  version: number,
  { versions }: { versions: VersionReader },
): Promise<CatalogueVersion> {
  const found = await versions.find(version);
  if (!found) throw notFound();
  return found;
}

export type Validation = { version: CatalogueVersion; faults: readonly string[] };

/**
 * Reads a draft's document, and if nothing in it is wrong writes it down as functions read it: a line a procedure, and
 * where each lies. A draft with faults stays a draft. Done again it writes the same bytes.
 * Refusals: not_found, document_missing, published_immutable.
 */
export async function validateCatalogue(number: number, dependencies: PublicationDependencies): Promise<Validation> {
  const { versions, documents, check, now } = dependencies;
  const version = await findVersion(number, dependencies);
  if (version.state === 'published') throw new Refusal('published_immutable');
  const text = await documents.readText(documentKey(version.sha256));
  if (text === undefined) throw new Refusal('document_missing');
  const faults = contentFaults(text, version);
  if (faults.length > 0) return { version, faults };
  const checked = check(text);
  if ('faults' in checked) return { version, faults: checked.faults };
  const { lines, index, search } = packed(checked.procedures);
  await documents.writeText(linesKey(version.sha256), 'application/x-ndjson', lines);
  await documents.writeText(indexKey(version.sha256), 'application/json', JSON.stringify(index));
  await documents.writeText(searchKey(version.sha256), 'text/plain; charset=utf-8', search);
  const moved = await versions.validated(number, { validatedAt: now(), procedures: checked.procedures.length });
  return { version: moved.version, faults: [] };
}

function contentFaults(text: string, version: CatalogueVersion): string[] {
  if (Buffer.byteLength(text) > MAX_DOCUMENT_BYTES) return [`the document has more than ${MAX_DOCUMENT_BYTES} bytes`];
  return sha256(text) === version.sha256 ? [] : ['the document is not the one that was announced: its SHA-256 differs'];
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
