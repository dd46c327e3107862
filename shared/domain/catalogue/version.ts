import * as z from 'zod';
import { Label } from '../fees/words.ts';
import { lazy } from '../lazy.ts';
import { Sha256 } from '../reconciliation/statement-id.ts';
import type { ChangeOrigin } from '../registry/origin.ts';
import { type Instant, SECOND_MILLISECONDS } from '../time.ts';

/**
 * Versions of the catalogue: drafted by one person, validated by the service, published by another person, in force from
 * an instant that lies ahead. Nothing published is edited; a correction is another version. So which version was in force
 * at an instant that has passed never changes.
 */

/** The catalogue that is shipped with the service. */
export const BUILT_IN_VERSION = 1;
/** Most versions that one index holds; each is read whenever the index is. */
export const MAX_VERSIONS = 1_000;
/** Largest document, in bytes: the country's 6,842 procedures have some 15 MB. */
export const MAX_DOCUMENT_BYTES = 32 * 1024 * 1024;
/**
 * A version is in force no sooner than this after it was published, so that every process has heard of it by then: they
 * look at the index every half minute. Milliseconds.
 */
export const NOTICE_MILLISECONDS = 60 * SECOND_MILLISECONDS;

export const VersionNumber = lazy(() => z.int().min(BUILT_IN_VERSION).max(MAX_VERSIONS));
export const VersionState = lazy(() => z.enum(['draft', 'validated', 'published']));
export type VersionState = z.infer<typeof VersionState>;

export const CatalogueVersion = lazy(() =>
  z.object({
    version: VersionNumber,
    state: VersionState,
    /** Of the document, by which it lies in the bucket; until a draft from a table is validated, of the table. */
    sha256: Sha256,
    /** Drafted as a table of rates: the document is that of the version `base` with these rates in it. */
    table: z.object({ sha256: Sha256, base: VersionNumber }).optional(),
    note: Label,
    /** When its drafter wants it in force. */
    wantedFrom: z.int(),
    /** Persons, by the subject of their token. */
    draftedBy: z.string(),
    draftedAt: z.int(),
    validatedAt: z.int().optional(),
    /** Procedures that validation counted. */
    procedures: z.int().optional(),
    publishedBy: z.string().optional(),
    publishedAt: z.int().optional(),
    /** From when on it is in force: what was wanted, or {@link NOTICE_MILLISECONDS} after publication if that is later. */
    effectiveFrom: z.int().optional(),
  }),
);
export type CatalogueVersion = z.infer<typeof CatalogueVersion>;

/** When a version that is published now comes into force. Never in the past, nor before everybody knows of it. */
export const effectiveFor = (wantedFrom: Instant, publishedAt: Instant): Instant =>
  Math.max(wantedFrom, publishedAt + NOTICE_MILLISECONDS);

/** The version in force at an instant: of those that had begun, the one that began last; of two at once the later number. */
export function inForceAt(versions: readonly CatalogueVersion[], at: Instant): CatalogueVersion | undefined {
  return versions
    .filter(({ effectiveFrom }) => effectiveFrom !== undefined && effectiveFrom <= at)
    .sort((one, other) => (other.effectiveFrom ?? 0) - (one.effectiveFrom ?? 0) || other.version - one.version)[0];
}

export const documentKey = (sha256: string): string => `catalogue/${sha256}.json`;
/** Rates as a table: what was uploaded as one, by its own hash, and those of a document, by the document's. */
export const tableKey = (sha256: string): string => `catalogue/${sha256}.table.csv`;
export const ratesKey = (sha256: string): string => `catalogue/${sha256}.csv`;
/** What validation made of a document: a line of JSON a procedure, where each lies, and what procedures are found by. */
export const linesKey = (sha256: string): string => `catalogue/${sha256}.lines`;
export const indexKey = (sha256: string): string => `catalogue/${sha256}.index`;
export const searchKey = (sha256: string): string => `catalogue/${sha256}.search`;

/** Code, offset and length in bytes of each procedure's line, in order of code. */
export const LinesIndex = lazy(() => z.array(z.tuple([z.string(), z.int().min(0), z.int().min(1)])));
export type LinesIndex = z.infer<typeof LinesIndex>;

export type Drafted =
  | { kind: 'drafted' | 'repeated'; version: CatalogueVersion }
  | { kind: 'keyReused' }
  | { kind: 'full' };

export type VersionMove =
  | { kind: 'moved'; version: CatalogueVersion }
  /** Its state is another one, or its drafter wants to publish it. */
  | { kind: 'refused'; version: CatalogueVersion };

/** What validation found: whose document it is, and how many procedures are in it. */
export type Found = { validatedAt: Instant; procedures: number; sha256: string };

/** Port: reading versions. */
export interface VersionReader {
  find(version: number): Promise<CatalogueVersion | undefined>;
  /** All of them, in order of number; the built-in one is not among them. */
  all(): Promise<CatalogueVersion[]>;
}

/** Port: versions. Every write is conditional on what its decision used. */
export interface VersionBook extends VersionReader {
  /** Takes the next number. The same call again answers the version that it made. */
  draft(draft: Omit<CatalogueVersion, 'version' | 'state'>, origin: ChangeOrigin): Promise<Drafted>;
  validated(version: number, found: Found): Promise<VersionMove>;
  /** Refused in the write itself if `by` drafted it, whatever was read before. */
  publish(
    version: number,
    publication: { publishedBy: string; publishedAt: Instant; effectiveFrom: Instant },
  ): Promise<VersionMove>;
}

/** Port: documents, by their content. */
export interface DocumentFiles {
  uploadLink(
    key: string,
    validMilliseconds: number,
    now: Instant,
  ): Promise<{ url: string; headers: Record<string, string> }>;
  downloadLink(key: string, validMilliseconds: number, now: Instant): Promise<string>;
  readText(key: string): Promise<string | undefined>;
  writeText(key: string, contentType: string, text: string): Promise<void>;
}

/** Port: parts of documents. */
export interface DocumentParts {
  range(key: string, from: number, to: number): Promise<{ bytes: Uint8Array; size: number } | undefined>;
}
