import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { differencesOf } from '../domain/catalogue/diff.ts';
import type { Procedure } from '../domain/fees/procedure.ts';
import { lazy } from '../domain/lazy.ts';
import { CatalogueDocument, checkDocument } from './document.ts';
import { shippedDocument } from './shipped-document.ts';
import { faultWords, tariffCsv, withTariffs } from './tariff-csv.ts';

/**
 * `npm run catalogue -- …`: an operator's tool for the law as data. The first four commands work on files; the others on a
 * running service, with the token in THUPHI_TOKEN, so that it stands in no list of processes.
 */
const USAGE = `validate FILE                          names everything that is wrong with a document
diff BEFORE AFTER [--language vi|en]   what a change means, in words
export FILE                            its rates as CSV
import FILE CSV                        the document with the rates of a CSV in place of its own
publish FILE --url URL --from INSTANT --note-vi TEXT --note-en TEXT
                                       drafts, uploads and validates; another person approves
publish CSV --base VERSION --url …     the same with the rates of a CSV in the document of a version
approve VERSION --url URL              publishes what somebody else drafted
download VERSION --url URL [--format json|csv]
                                       the document of a version, or its rates

FILE is a document ({ "terms", "files" }), a folder with terms.json and other files of law, or built-in.
publish, approve and download take the token from THUPHI_TOKEN.`;

/** What a command may touch. Answers its exit code. */
export type Surroundings = { print(line: string): unknown; fetch: typeof fetch; token: string | undefined };

/** Raised for words that are no command; the message says how it is meant. */
class Misused extends Error {}

export async function catalogueCommand(words: readonly string[], around: Surroundings): Promise<number> {
  const { options, names } = optionsOf(words);
  const [command, one, other] = names;
  try {
    if (command === 'validate' && one !== undefined) return validate(one, around);
    if (command === 'diff' && one !== undefined && other !== undefined)
      return diff(one, other, options.get('language') === 'en' ? 'en' : 'vi', around);
    if (command === 'export' && one !== undefined) return exported(one, around);
    if (command === 'import' && one !== undefined && other !== undefined) return imported(one, other, around);
    if (command === 'publish' && one !== undefined) return await publish(one, options, around);
    if (command === 'approve' && one !== undefined) return await approve(one, options, around);
    if (command === 'download' && one !== undefined) return await download(one, options, around);
    throw new Misused(USAGE);
  } catch (error) {
    if (!(error instanceof Misused)) throw error;
    around.print(error.message);
    return 2;
  }
}

function optionsOf(words: readonly string[]): { options: Map<string, string>; names: string[] } {
  const options = new Map<string, string>();
  const names: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (word.startsWith('--')) options.set(word.slice(2), words[++at] ?? '');
    else names.push(word);
  }
  return { options, names };
}

/** The text of a document; a folder's files are put together in order of their names. */
function documentText(name: string): string {
  if (name === 'built-in') return shippedDocument();
  if (!statSync(name, { throwIfNoEntry: false })?.isDirectory()) return readFileSync(name, 'utf8');
  const files = readdirSync(name, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.json') && path.basename(file) !== 'terms.json')
    .sort();
  const read = (file: string): unknown => JSON.parse(readFileSync(path.join(name, file), 'utf8'));
  return JSON.stringify({ terms: read('terms.json'), files: files.map(read) });
}

function check(name: string): ReturnType<typeof checkDocument> {
  try {
    return checkDocument(JSON.parse(documentText(name)));
  } catch (error) {
    if (error instanceof SyntaxError) return { faults: [`${name}: no JSON: ${error.message}`] };
    throw error;
  }
}

function validate(name: string, { print }: Surroundings): number {
  const checked = check(name);
  if ('procedures' in checked) {
    print(`valid: ${checked.procedures.length} procedures`);
    return 0;
  }
  for (const fault of checked.faults) print(fault);
  return 1;
}

function diff(before: string, after: string, language: 'vi' | 'en', { print }: Surroundings): number {
  const sides: (readonly Procedure[])[] = [];
  for (const name of [before, after]) {
    const checked = check(name);
    if ('faults' in checked) throw new Misused(`${name} is not valid:\n${checked.faults.join('\n')}`);
    sides.push(checked.procedures);
  }
  for (const { words } of differencesOf(sides[0] ?? [], sides[1] ?? [])) print(words[language]);
  return 0;
}

const documentOf = (name: string) => CatalogueDocument.parse(JSON.parse(documentText(name)));

function exported(name: string, { print }: Surroundings): number {
  print(tariffCsv(documentOf(name)).trimEnd());
  return 0;
}

/** Prints the document, or each wrong cell with its row and column. */
function imported(name: string, csv: string, { print }: Surroundings): number {
  const read = withTariffs(documentOf(name), readFileSync(csv));
  if ('document' in read) {
    print(JSON.stringify(read.document));
    return 0;
  }
  for (const fault of read.faults) print(faultWords(fault));
  return 1;
}

const Drafted = lazy(() =>
  z.object({
    version: z.int(),
    uploadUrl: z.string(),
    uploadHeaders: z.record(z.string(), z.string()),
  }),
);
const Validated = lazy(() => z.object({ valid: z.boolean(), faults: z.array(z.string()) }));
const Linked = lazy(() => z.object({ url: z.string() }));
const Approved = lazy(() => z.object({ version: z.int(), effectiveFrom: z.string() }));

/** S3 answers so where the content lies there already. */
const PRECONDITION_FAILED = 412;

async function publish(name: string, options: ReadonlyMap<string, string>, around: Surroundings): Promise<number> {
  const [wantedFrom, vi, en] = ['from', 'note-vi', 'note-en'].map((option) => wanted(options, option));
  const base = options.get('base');
  const text = base === undefined ? documentText(name) : readFileSync(name, 'utf8');
  const sha256 = createHash('sha256').update(text).digest('hex');
  const call = caller(options, around);
  const drafted = Drafted.parse(
    await call('POST', '/v1/catalogue/versions', {
      sha256,
      ...(base !== undefined && { table: { base: Number(base) } }),
      wantedFrom,
      note: { vi, en },
    }),
  );
  const put = await around.fetch(drafted.uploadUrl, { method: 'PUT', headers: drafted.uploadHeaders, body: text });
  if (!put.ok && put.status !== PRECONDITION_FAILED) throw new Misused(`the upload was answered ${put.status}`);
  const { valid, faults } = Validated.parse(await call('POST', `/v1/catalogue/versions/${drafted.version}/validate`));
  for (const fault of faults) around.print(fault);
  around.print(valid ? `version ${drafted.version} waits for another person to approve it` : 'it stays a draft');
  return valid ? 0 : 1;
}

async function approve(version: string, options: ReadonlyMap<string, string>, around: Surroundings): Promise<number> {
  const call = caller(options, around);
  const approved = Approved.parse(await call('POST', `/v1/catalogue/versions/${encodeURIComponent(version)}/approve`));
  around.print(`version ${approved.version} is in force from ${approved.effectiveFrom}`);
  return 0;
}

async function download(version: string, options: ReadonlyMap<string, string>, around: Surroundings): Promise<number> {
  const call = caller(options, around);
  const format = encodeURIComponent(options.get('format') ?? 'json');
  const place = `/v1/catalogue/versions/${encodeURIComponent(version)}/document?format=${format}`;
  const { url } = Linked.parse(await call('GET', place));
  const there = await around.fetch(url);
  if (!there.ok) throw new Misused(`the download was answered ${there.status}`);
  around.print((await there.text()).trimEnd());
  return 0;
}

function wanted(options: ReadonlyMap<string, string>, name: string): string {
  const value = options.get(name);
  if (!value) throw new Misused(`--${name} is missing\n\n${USAGE}`);
  return value;
}

function caller(options: ReadonlyMap<string, string>, { fetch: send, token }: Surroundings) {
  const url = wanted(options, 'url').replace(/\/$/, '');
  if (!token) throw new Misused('THUPHI_TOKEN holds no token');
  return async (method: string, place: string, body?: unknown): Promise<unknown> => {
    const answer = await send(url + place, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(method === 'POST' && { 'idempotency-key': randomUUID() }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Misused(`${method} ${place} was answered ${answer.status}: ${await answer.text()}`);
    return answer.json();
  };
}

if (import.meta.main)
  process.exitCode = await catalogueCommand(process.argv.slice(2), {
    print: (line) => process.stdout.write(`${line}\n`),
    fetch,
    token: process.env['THUPHI_TOKEN'],
  });
