import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';
import { problems } from '../shared/api/problems.ts';
import { lawFiles } from '../shared/catalogue/law-files.ts';
import { loadCatalogue } from '../shared/catalogue/load.ts';
import { pack } from '../shared/catalogue/packed.ts';
import { shippedDocument } from '../shared/catalogue/shipped-document.ts';
import { FONT_FILES } from '../shared/documents/fonts.ts';
import * as environments from '../shared/runtime/environment.ts';

const root = path.resolve(import.meta.dirname, '..');

/** One folder a function; each has a `handler.ts` that exports `handler`. */
export const functionsDirectory = path.join(root, 'functions');

/** The steps that have a handler, in the order of their names. */
export async function steps(functions: string): Promise<string[]> {
  const folders = await readdir(functions, { withFileTypes: true });
  return folders
    .filter((folder) => folder.isDirectory() && existsSync(path.join(functions, folder.name, 'handler.ts')))
    .map((folder) => folder.name)
    .sort();
}

/** How every program is written that a function runs. */
const PROGRAM = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  mainFields: ['module', 'main'],
  minify: true,
  treeShaking: true,
  charset: 'utf8',
  legalComments: 'none',
  logLevel: 'warning',
} as const satisfies BuildOptions;

/**
 * Bundles every function into `<outdir>/<step>/index.js`, and writes what went into them to `<outdir>/metafile.json`,
 * beside the folders that are shipped. The same sources give the same bytes.
 *
 * CommonJS, because an import of `node:http` from an ES module loads undici at start (24 ms). Everything is bundled: the
 * SDK of the runtime changes without us, and of it only the signer and the marshaller are used (`shared/aws/`).
 */
export async function bundle(outdir: string, functions: string = functionsDirectory): Promise<void> {
  const names = await steps(functions);
  const { metafile } = await build({
    ...PROGRAM,
    entryPoints: names.map((step) => ({ in: path.join(functions, step, 'handler.ts'), out: `${step}/index` })),
    outdir,
    loader: { '.html': 'text', '.css': 'text', '.svg': 'text' },
    metafile: true,
    plugins: [readersInstead, unusedSchemas, unusedAdapters, unusedParts, dataBeside, lateBeside],
  });
  await mkdir(outdir, { recursive: true });
  await Promise.all(names.map((step) => copyData(metafile, path.join(outdir, step))));
  await shipCatalogue(metafile, outdir, names);
  await shipFonts(metafile, outdir, names);
  await shipProblems(metafile, outdir, names);
  await shipLate(metafile, outdir);
  await writeFile(path.join(outdir, 'metafile.json'), JSON.stringify(metafile));
  // The nearest package.json decides how Node reads index.js; ours, further up, says "module".
  await Promise.all(names.map((step) => writeFile(path.join(outdir, step, 'package.json'), '{"type":"commonjs"}\n')));
}

/** A schema or an endpoint, made by a call that does nothing else; the bundler cannot see that across files. */
const MADE_APART = /^((?:export )?const \w+(?:: [^=]+)? = )(?=(?:lazy|endpoint)\()/gm;

/** Leaves out the schemas and endpoints that nobody in a bundle uses. */
const unusedSchemas: Plugin = {
  name: 'unused-schemas',
  setup({ onLoad }) {
    onLoad({ filter: /shared.(?:api|domain|providers|runtime|store|usecases).+\.ts$/ }, async ({ path: file }) => {
      const source = await readFile(file, 'utf8');
      return { contents: source.replaceAll(MADE_APART, '$1/* @__PURE__ */ '), loader: 'ts' };
    });
  },
};

/**
 * Leaves out the adapters of providers where a bundle asks for their names alone: making one does nothing else, which the
 * bundler cannot see either.
 */
const unusedAdapters: Plugin = {
  name: 'unused-adapters',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/[a-z0-9-]+\/adapter\.ts$/ }, ({ path: file, resolveDir }) => ({
      path: path.resolve(resolveDir, file),
      sideEffects: false,
    }));
  },
};

/** Writing JSON Schema is for the interface document, made at build time; functions only ever read by their schemas. */
const JSON_SCHEMA = /zod\/v4\/core\/(?:to-json-schema|json-schema-processors|json-schema-generator)\.js$/;

/**
 * Parts of a library that no function reaches, 30 kB of every bundle: zod's JSON Schema writer and its English words (ours
 * are written where a problem is).
 */
const unusedParts: Plugin = {
  name: 'unused-parts',
  setup({ onLoad, onResolve }) {
    onLoad({ filter: JSON_SCHEMA }, async ({ path: file }) => {
      const source = await readFile(file, 'utf8');
      const names = [...source.matchAll(/^export (?:const|function|class) (\w+)/gm)].map(([, name]) => name);
      const stubs = names.map((name) => `export const ${name} = refuse;`).join('\n');
      return { contents: `const refuse = () => () => { throw new Error('no JSON Schema at run time'); };\n${stubs}` };
    });
    onResolve({ filter: /locales\/en\.js$/ }, () => ({ path: 'no-words', namespace: 'unused' }));
    onLoad({ filter: /.*/, namespace: 'unused' }, () => ({
      contents: 'export default () => ({ localeError: () => undefined });',
    }));
  },
};

/** Lists that code imports are data: shipped as they are beside it, and parsed as JSON, not as a program. */
const CATALOGUE_DATA = /^\.\/(\w+)\.json$/;
const catalogue = path.join(root, 'shared/catalogue');

const dataBeside: Plugin = {
  name: 'data-beside',
  setup({ onResolve }) {
    onResolve({ filter: CATALOGUE_DATA }, ({ path: file, resolveDir }) =>
      resolveDir === catalogue ? { path: file, external: true } : undefined,
    );
  },
};

async function copyData({ outputs }: Metafile, folder: string): Promise<void> {
  const bundled = Object.entries(outputs).find(([file]) => path.resolve(root, file) === path.join(folder, 'index.js'));
  const files = bundled?.[1].imports.filter((one) => one.external && CATALOGUE_DATA.test(one.path)) ?? [];
  await Promise.all(files.map(({ path: file }) => copyFile(path.join(catalogue, file), path.join(folder, file))));
}

/** Where a bundle's compiled code lies, beside it; `NODE_COMPILE_CACHE` of the function names it. */
export const COMPILE_CACHE = 'compile-cache';

/**
 * Loads every bundle once, so that Node writes down what it compiled, and later starts of the same Node on the same kind of
 * processor need not: a tenth of a start. Whatever does not fit is ignored there. Throws for a bundle that does not load. `user`: who
 * will start them, if not this process's own; Node keeps what it compiled apart by user.
 */
export async function compile(
  outdir: string,
  { functions = functionsDirectory, user }: { functions?: string | undefined; user?: number } = {},
): Promise<void> {
  const script = "require('./index.js'); require('node:module').flushCompileCache(); process.exit(0)";
  const load = async (step: string) => {
    const cwd = path.join(outdir, step);
    await promisify(execFile)(process.execPath, ['--eval', script], {
      cwd,
      env: {
        ...plausibleEnvironment(),
        NODE_COMPILE_CACHE: path.join(cwd, COMPILE_CACHE),
        NODE_COMPILE_CACHE_PORTABLE: '1',
      },
    });
    if (user === undefined) return;
    const cache = path.join(cwd, COMPILE_CACHE);
    for (const kind of await readdir(cache))
      await rename(path.join(cache, kind), path.join(cache, kind.replace(/-\d+$/, `-${user}`)));
  };
  await Promise.all((await steps(functions)).map(load));
}

/** Something for every variable that any function wants; nothing is reached with it. */
export function plausibleEnvironment(): Record<string, string> {
  const names = Object.values(environments).flatMap((one) =>
    typeof one === 'object' && 'shape' in one ? Object.keys(one.shape) : [],
  );
  const nowhere = 'http://127.0.0.1:9';
  const valueFor = (name: string) => (name.endsWith('_URL') ? nowhere : 'none');
  return {
    ...Object.fromEntries(names.map((name) => [name, valueFor(name)])),
    STAGE: 'sandbox',
    LEDGER_BEGINS: '2000-01-01',
    SEALING_PACE: 'quietHours',
    ALLOW_LOCAL_WEBHOOKS: 'false',
    FOUR_EYES: 'true',
    ASKING_SPEED: '1',
    SWITCHED_ON_PROVIDERS: '',
    SWITCHED_ON_MAPS: '',
    QUEUES: '{}',
    QUESTIONS_QUEUES: '{}',
    AWS_REGION: 'none',
    AWS_ENDPOINT_URL: nowhere,
  };
}
/** The catalogue is data: checked and packed here, shipped beside the code that reads it, never part of a program. */
const SHIPPED_CATALOGUE = path.join(root, 'shared/catalogue/shipped.ts');
const CATALOGUE_INDEX = 'catalogue.index';
const CATALOGUE_LINES = 'catalogue.ndjson';
const CATALOGUE_SEARCH = 'catalogue.search';
const SHIPPED_DOCUMENT = path.join(root, 'shared/catalogue/shipped-document.ts');
const CATALOGUE_DOCUMENT = 'catalogue.json';

/** Opens the files, reads a procedure when it is asked for. */
const readsPacked = `
import { openSync, readFileSync, readSync } from 'node:fs';
import path from 'node:path';
export function shippedCatalogue() {
  const file = openSync(path.join(__dirname, '${CATALOGUE_LINES}'), 'r');
  return {
    index: readFileSync(path.join(__dirname, '${CATALOGUE_INDEX}')),
    read(offset, length) {
      const bytes = Buffer.allocUnsafe(length);
      if (readSync(file, bytes, 0, length, offset) !== length) throw new RangeError('the catalogue is cut short');
      return bytes;
    },
    search: () => readFileSync(path.join(__dirname, '${CATALOGUE_SEARCH}'), 'utf8'),
  };
}
`;

const readsDocument = `
import { readFileSync } from 'node:fs';
import path from 'node:path';
export const shippedDocument = () => readFileSync(path.join(__dirname, '${CATALOGUE_DOCUMENT}'), 'utf8');
`;

/** The words of problems are data too: a start answers none, and a function that answers one reads them then. */
const SHIPPED_PROBLEMS = path.join(root, 'shared/api/shipped-problems.ts');
const PROBLEMS = 'problems.json';

const readsProblems = `
import { readFileSync } from 'node:fs';
import path from 'node:path';
let problems;
export const shippedProblems = () => (problems ??= JSON.parse(readFileSync(path.join(__dirname, '${PROBLEMS}'), 'utf8')));
`;

/** And fonts: the files lie beside the code that sets text with them, with their licence. */
const FONTS = path.join(root, 'shared/documents/fonts.ts');
const fontFolder = path.join(root, 'node_modules/dejavu-fonts-ttf');

const readsFonts = `
import { readFileSync } from 'node:fs';
import path from 'node:path';
const files = ${JSON.stringify(FONT_FILES)};
export const fontBytes = (name) => readFileSync(path.join(__dirname, files[name]));
`;

/** Modules in whose place a bundle has another, which reads what lies beside it. */
const READERS: ReadonlyMap<string, string> = new Map([
  [SHIPPED_CATALOGUE, readsPacked],
  [SHIPPED_DOCUMENT, readsDocument],
  [SHIPPED_PROBLEMS, readsProblems],
  [FONTS, readsFonts],
]);

const readersInstead: Plugin = {
  name: 'readers-instead',
  setup({ onLoad }) {
    onLoad({ filter: /shared.(?:api|catalogue|documents).[a-z-]+\.ts$/ }, ({ path: file }) => {
      const contents = READERS.get(file);
      return contents === undefined ? undefined : { contents, loader: 'js' };
    });
  },
};

/**
 * Packages that few calls need, by their programs: each is a file of its own beside the code, loaded by the first call that
 * wants it. The ES module of pdfkit asks where it lies, which a CommonJS bundle of it cannot answer.
 */
const LATE: ReadonlyMap<string, string> = new Map([
  ['pdfkit', 'js/pdfkit.js'],
  ['uqr', 'dist/index.mjs'],
  ['@smithy/signature-v4', 'dist-es/index.js'],
]);

const lateBeside: Plugin = {
  name: 'late-beside',
  setup({ onResolve }) {
    onResolve({ filter: /^[@a-z]/ }, ({ path: name }) =>
      LATE.has(name) ? { path: `./${path.basename(name)}.js`, external: true } : undefined,
    );
  },
};

/** Writes such packages beside the bundles that load them. */
async function shipLate({ outputs }: Metafile, outdir: string): Promise<void> {
  const entryPoints = [...LATE].map(([name, program]) => ({
    in: path.join(root, 'node_modules', name, program),
    out: path.basename(name),
  }));
  const { outputFiles } = await build({ ...PROGRAM, entryPoints, outdir, write: false });
  const writes = Object.entries(outputs).flatMap(([bundled, { imports }]) =>
    outputFiles
      .map(({ path: file, contents }) => ({ name: path.basename(file), contents }))
      .filter(({ name }) => imports.some((one) => one.external && one.path === `./${name}`))
      .map(({ name, contents }) => writeFile(path.resolve(root, path.dirname(bundled), name), contents)),
  );
  await Promise.all(writes);
}

/** Writes the packed catalogue, and its document, beside each bundle that reads it. */
async function shipCatalogue(metafile: Metafile, outdir: string, names: readonly string[]): Promise<void> {
  const ship = (readers: readonly string[], file: string, content: string | Buffer) =>
    readers.map((name) => writeFile(path.join(outdir, name, file), content));
  const readers = thoseWith(SHIPPED_CATALOGUE, metafile, outdir, names);
  if (readers.length === 0) return;
  const { terms, files } = lawFiles(path.join(root, 'shared/catalogue/law'));
  const { index, lines, search } = pack(loadCatalogue(terms, files));
  await Promise.all([
    ...ship(readers, CATALOGUE_INDEX, index),
    ...ship(readers, CATALOGUE_LINES, lines),
    ...ship(readers, CATALOGUE_SEARCH, search),
    ...ship(thoseWith(SHIPPED_DOCUMENT, metafile, outdir, names), CATALOGUE_DOCUMENT, shippedDocument()),
  ]);
}

async function shipFonts(metafile: Metafile, outdir: string, names: readonly string[]): Promise<void> {
  const files = Object.values(FONT_FILES).map((file) => [path.join('ttf', file), file] as const);
  await Promise.all(
    thoseWith(FONTS, metafile, outdir, names).flatMap((name) =>
      [...files, ['LICENSE', 'DejaVu-LICENSE'] as const].map(([from, to]) =>
        copyFile(path.join(fontFolder, from), path.join(outdir, name, to)),
      ),
    ),
  );
}

/** Writes the words of problems beside each bundle that answers one. */
async function shipProblems(metafile: Metafile, outdir: string, names: readonly string[]): Promise<void> {
  const words = JSON.stringify(problems);
  await Promise.all(
    thoseWith(SHIPPED_PROBLEMS, metafile, outdir, names).map((name) =>
      writeFile(path.join(outdir, name, PROBLEMS), words),
    ),
  );
}

/** The functions into whose bundles a module went. */
function thoseWith(module: string, { outputs }: Metafile, outdir: string, names: readonly string[]): string[] {
  const inputsOf = (name: string) =>
    Object.entries(outputs).find(([file]) => path.resolve(root, file) === path.join(outdir, name, 'index.js'))?.[1]
      .inputs;
  return names.filter((name) =>
    Object.keys(inputsOf(name) ?? {}).some((input) => path.resolve(root, input) === module),
  );
}
