import { type FoundProcedures, findIn, type ProcedureSearch, searchLines, searchText } from '../catalogue/find.ts';
import {
  BUILT_IN_VERSION,
  type CatalogueVersion,
  type DocumentParts,
  indexKey,
  inForceAt,
  LinesIndex,
  linesKey,
  MAX_DOCUMENT_BYTES,
  searchKey,
  type VersionReader,
} from '../domain/catalogue/version.ts';
import { Procedure } from '../domain/fees/procedure.ts';
import type { Instant } from '../domain/time.ts';

/** How long the list of versions is believed, in milliseconds: half of what a publication waits before it is in force. */
const KEPT_MILLISECONDS = 30_000;
/** Documents that one process keeps: the one in force, the one before, and one that somebody asks about. */
const MAX_DOCUMENTS = 3;
/** Most procedures of a document that are kept parsed. */
const MAX_PROCEDURES = 500;
/** Largest index, in bytes: 40 for each of 10,000 procedures, and room. */
const MAX_INDEX_BYTES = 1024 * 1024;

/** One version of the law, and its procedures. */
export type Law = {
  version: number;
  procedure(code: string): Promise<Procedure | undefined>;
  find(search: ProcedureSearch): Promise<FoundProcedures>;
};

type BuiltIn = {
  procedure(code: string): Procedure | undefined;
  find(search: ProcedureSearch): FoundProcedures;
};

export type Laws = {
  /** The law in force at an instant. */
  at(instant: Instant): Promise<Law>;
  /** A version that was published, or the built-in one. */
  numbered(version: number): Promise<Law | undefined>;
};

/**
 * The catalogue in force at an instant, the built-in one where none was published before it. Of a published one only the
 * index and the procedures that are asked for are read, so a start costs the same however large the law is; the first
 * search reads what procedures are found by.
 */
export function catalogueInForce(
  builtIn: BuiltIn,
  versions: VersionReader,
  parts: DocumentParts,
  now: () => Instant,
): Laws {
  const documents = new Map<string, Document>();
  let kept: { versions: CatalogueVersion[]; until: Instant } | undefined;

  const known = async (): Promise<CatalogueVersion[]> => {
    if (!kept || kept.until <= now()) kept = { versions: await versions.all(), until: now() + KEPT_MILLISECONDS };
    return kept.versions;
  };

  const documentOf = (sha256: string): Document => {
    const there = documents.get(sha256) ?? new Document(sha256, parts);
    documents.delete(sha256);
    const [oldest] = documents.keys();
    if (documents.size >= MAX_DOCUMENTS && oldest !== undefined) documents.delete(oldest);
    documents.set(sha256, there);
    return there;
  };

  const shipped: Law = {
    version: BUILT_IN_VERSION,
    procedure: async (code) => builtIn.procedure(code),
    find: async (search) => builtIn.find(search),
  };
  const published = ({ version, sha256 }: CatalogueVersion): Law => {
    const document = documentOf(sha256);
    return {
      version,
      procedure: (code) => document.procedure(code),
      find: (search) => document.find(search),
    };
  };

  return {
    async at(instant) {
      const found = inForceAt(await known(), instant);
      return found ? published(found) : shipped;
    },
    async numbered(version) {
      if (version === BUILT_IN_VERSION) return shipped;
      const found = (await known()).find((one) => one.version === version && one.state === 'published');
      return found && published(found);
    },
  };
}

/** A published document, read in parts. Its content never changes, so what was read stays true. */
class Document {
  readonly #sha256: string;
  readonly #parts: DocumentParts;
  readonly #procedures = new Map<string, Procedure>();
  #places: Promise<Map<string, [number, number]>> | undefined;
  #search: Promise<readonly string[]> | undefined;

  constructor(sha256: string, parts: DocumentParts) {
    this.#sha256 = sha256;
    this.#parts = parts;
  }

  async procedure(code: string): Promise<Procedure | undefined> {
    const known = this.#procedures.get(code);
    if (known) return known;
    this.#places ??= forgotten(this.#readPlaces(), () => {
      this.#places = undefined;
    });
    const place = (await this.#places).get(code);
    if (!place) return undefined;
    const [offset, length] = place;
    const part = await this.#parts.range(linesKey(this.#sha256), offset, offset + length - 1);
    if (part?.bytes.length !== length) throw new Error(`catalogue ${this.#sha256} has no line of ${code}`);
    const procedure = Procedure.parse(JSON.parse(Buffer.from(part.bytes).toString()));
    if (this.#procedures.size >= MAX_PROCEDURES) this.#procedures.clear();
    this.#procedures.set(code, procedure);
    return procedure;
  }

  async find(search: ProcedureSearch): Promise<FoundProcedures> {
    this.#search ??= forgotten(this.#readSearch(), () => {
      this.#search = undefined;
    });
    return findIn(await this.#search, search);
  }

  async #readPlaces(): Promise<Map<string, [number, number]>> {
    const text = await this.#whole(indexKey(this.#sha256), MAX_INDEX_BYTES);
    if (text === undefined) throw new Error(`catalogue ${this.#sha256} has no index`);
    return new Map(LinesIndex.parse(JSON.parse(text)).map(([code, offset, length]) => [code, [offset, length]]));
  }

  async #readSearch(): Promise<readonly string[]> {
    const text = await this.#whole(searchKey(this.#sha256), MAX_DOCUMENT_BYTES);
    if (text !== undefined) return searchLines(text);
    // Validated before there was such an object: made of the procedures, which were checked then.
    const lines = await this.#whole(linesKey(this.#sha256), MAX_DOCUMENT_BYTES * 2);
    if (lines === undefined) throw new Error(`catalogue ${this.#sha256} has no lines`);
    const procedures = lines.split('\n').filter(Boolean);
    return searchLines(searchText(procedures.map((line) => JSON.parse(line) as Procedure)));
  }

  async #whole(key: string, most: number): Promise<string | undefined> {
    const part = await this.#parts.range(key, 0, most - 1);
    if (part && part.size > most) throw new Error(`catalogue object ${key} is too large`);
    return part && Buffer.from(part.bytes).toString();
  }
}

/** A reading that fails is not kept: the next caller tries again. */
function forgotten<T>(reading: Promise<T>, forget: () => void): Promise<T> {
  reading.catch(forget);
  return reading;
}
