import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** What a further provider begins with: it compiles, no stage offers it, and its contract says what is missing. */

const NAME_FORM = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const LONGEST_NAME = 24;
/** Names of movements begin with it: `docs/adr/0080`. */
const TAKEN = new Set(['bank']);

const INDEX = 'shared/providers/index.ts';
const CONTRACT = 'test/providers/contract.test.ts';

/** Files by their place. Throws for a name that is none, or is there already. */
export function addProvider(root: string, name: string): { made: string[]; changed: string[] } {
  if (!NAME_FORM.test(name) || name.length < 2 || name.length > LONGEST_NAME || TAKEN.has(name))
    throw new Error(`no name of a provider: ${name}. Lower-case letters, digits and hyphens, 2 to ${LONGEST_NAME}`);
  const folder = `shared/providers/${name}`;
  if (existsSync(path.join(root, folder))) throw new Error(`there is a provider ${name} already`);
  const factory = name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

  const made = {
    [`${folder}/manifest.ts`]: manifest(name),
    [`${folder}/adapter.ts`]: adapter(name, factory),
    [`${folder}/samples/callbacks.json`]: samples,
    [`test/providers/parties/${name}.ts`]: party(name, factory),
  };
  for (const [file, text] of Object.entries(made)) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  }
  change(root, INDEX, [
    ['import { momo }', `import { ${factory} } from './${name}/adapter.ts';\nimport { momo }`],
    ['  sandboxBank(place),\n', `  ${factory}(),\n  sandboxBank(place),\n`],
  ]);
  change(root, CONTRACT, [
    ['import { momoParty }', `import { ${factory}Party } from './parties/${name}.ts';\nimport { momoParty }`],
    ['  sandboxParty,\n', `  ${factory}Party,\n  sandboxParty,\n`],
  ]);
  const files = [...Object.keys(made), INDEX, CONTRACT];
  // Imports in their order, lines in their length.
  execFileSync(path.join(root, 'node_modules/.bin/biome'), ['check', '--write', '--log-level=error', ...files], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return { made: Object.keys(made), changed: [INDEX, CONTRACT] };
}

function change(root: string, file: string, replacements: readonly (readonly [string, string])[]): void {
  let text = readFileSync(path.join(root, file), 'utf8');
  for (const [before, after] of replacements) {
    if (!text.includes(before)) throw new Error(`${file} has no ${JSON.stringify(before)} any more`);
    text = text.replace(before, () => after);
  }
  writeFileSync(path.join(root, file), text);
}

const manifest = (name: string): string => `import type { ProviderManifest } from '../../domain/payment/provider.ts';

/** ${name}. Source: the document that its rules were taken from, and its version. */
export const manifest: ProviderManifest = {
  id: '${name}',
  name: { vi: '${name}', en: '${name}' },
  kinds: ['redirect'],
  currencies: ['VND'],
  limits: { least: 1_000, most: 499_999_999 },
  attemptLifetimeMilliseconds: 15 * 60_000,
  stages: ['sandbox', 'production'],
  secret: 'What stands in the secret of a merchant account.',
  capabilities: { query: false, refund: false },
  retry: 'unpublished',
  cutOff: '24:00',
  // While a line stands here, no stage offers the provider unless its configuration names it.
  uncertain: ['everything: the adapter is not written yet'],
};
`;

const adapter = (
  name: string,
  factory: string,
): string => `import type { PaymentProvider } from '../../domain/payment/provider.ts';
import { manifest } from './manifest.ts';

const unwritten = (what: string): never => {
  throw new Error(\`\${manifest.id} is not written yet: \${what}\`);
};

/** ${name}. What all adapters share is in ../wire.ts: strict forms and JSON, comparison in constant time, whole dong. */
export const ${factory} = (): PaymentProvider => ({
  manifest,
  acceptsSecret: () => unwritten('what form a secret has (acceptsSecret)'),
  begin: () => unwritten('where a citizen is sent, and how that is signed (begin)'),
  terminalOf: () => unwritten('which terminal a callback names (terminalOf)'),
  read: () => unwritten('how a callback is signed, and what it says (read)'),
  acknowledge: () => unwritten('what the provider wants to hear (acknowledge)'),
});
`;

const samples = `${JSON.stringify(
  {
    secret: 'an invented secret',
    samples: [{ name: 'a payment that was paid', query: '', expect: { outcome: 'paid' } }],
  },
  undefined,
  2,
)}\n`;

const party = (
  name: string,
  factory: string,
): string => `import { ${factory} } from '../../../shared/providers/${name}/adapter.ts';
import type { Party } from './party.ts';

/** ${name} as its documents describe it. Shares no code with the adapter. */

const unwritten = (what: string): never => {
  throw new Error(\`the party of ${name} is not written yet: \${what}\`);
};

/** The same words after everything that we may answer: the provider's documents say which they are. */
const answer = { status: 200, body: '' };

export const ${factory}Party: Party = {
  provider: ${factory}(),
  account: { merchantAccountId: 'land-${name}', terminal: 'TERMINAL01', secret: 'an-invented-secret' },
  otherSecret: 'another-invented-secret',
  noSecrets: ['', 'not a secret'],
  unit: 1,
  tellsTime: false,
  callbacks: {
    write: () => unwritten('a callback as the provider signs it'),
    codes: { paid: ['0'] },
    answers: {
      accepted: answer,
      duplicate: answer,
      unknownOrder: answer,
      wrongAmount: answer,
      badSignature: answer,
      tryAgain: answer,
    },
  },
  payments: {
    amount: () => unwritten('where the amount stands on the wire'),
    reference: () => unwritten('where the reference stands on the wire'),
  },
};
`;
