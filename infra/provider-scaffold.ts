import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * What a further provider begins with: a small protocol of nobody's that keeps the whole contract, and that no stage offers.
 * The provider's own takes its place, rule by rule, and the contract says where the two disagree.
 */

const NAME_FORM = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const LONGEST_NAME = 24;
/** Names of movements begin with it: `docs/adr/0080`. */
const TAKEN = new Set(['bank']);

const INDEX = 'shared/providers/index.ts';

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
    [`${folder}/samples/callbacks.json`]: samples(),
    [`test/providers/parties/${name}.ts`]: party(name, factory),
    [`infra/local/simulators/players/${name}.ts`]: player(name, factory),
  };
  for (const [file, text] of Object.entries(made)) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  }
  change(root, INDEX, [
    [
      'import { momo }',
      `import { ${factory} } from './${name}/adapter.ts';\nimport { manifest as ${factory}Manifest } from './${name}/manifest.ts';\nimport { momo }`,
    ],
    ['  vietqrManifest,\n', `  ${factory}Manifest,\n  vietqrManifest,\n`],
    ['  vietqr(),\n', `  ${factory}({ ...place, ...playedPage(place, '${name}/pay') }),\n  vietqr(),\n`],
  ]);
  const changed = [INDEX];
  const files = [...Object.keys(made), ...changed];
  // Imports in their order, lines in their length.
  execFileSync(path.join(root, 'node_modules/.bin/biome'), ['check', '--write', '--log-level=error', ...files], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return { made: Object.keys(made), changed };
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
  secret: 'The shared key, 8 to 256 visible characters. The terminal is the merchant code.',
  capabilities: { query: false, refund: false },
  retry: 'unpublished',
  cutOff: '24:00',
  // While a line stands here, no stage offers the provider unless its configuration names it.
  uncertain: ['everything: the adapter speaks an invented protocol'],
};

/** Where citizens are sent, by stage. */
export const PAY_URL = { sandbox: 'https://${name}.invalid/pay', production: 'https://${name}.invalid/pay' };
`;

const adapter = (name: string, factory: string): string => `import type {
  Acknowledgement,
  PaymentProvider,
  ProviderNotice,
} from '../../domain/payment/provider.ts';
import { readCompactVietnamTime } from '../../domain/time.ts';
import {
  bodyText,
  header,
  hmac,
  isOneOf,
  jsonAnswer,
  type Place,
  plainText,
  readMembers,
  refusing,
  settled,
  terminalIn,
  transactionName,
  wholeDong,
} from '../wire.ts';
import { manifest, PAY_URL } from './manifest.ts';

const SECRET_FORM = /^[!-~]{8,256}$/;
const MAX_DESCRIPTION = 255;

const refuse = refusing(manifest.id);
const sign = (text: string, secret: string): string => hmac('sha256', secret, text).toString('hex');

/** What is in no table is a person's where nobody can be asked, and waits where somebody can. */
const OUTCOMES: Readonly<Record<string, ProviderNotice['outcome']>> = { '00': 'paid', '01': 'declined' };

const answers: Record<Acknowledgement, [status: number, taken: boolean]> = {
  accepted: [200, true],
  duplicate: [200, true],
  wrongAmount: [200, true],
  unknownOrder: [404, false],
  badSignature: [400, false],
  tryAgain: [503, false],
};

/** ${name}: an invented protocol, until the provider's own stands here. The citizen brings a signed address; a signed POST tells the outcome. */
export const ${factory} = ({ stage, payUrl = PAY_URL[stage] }: Pick<Place, 'stage'> & { payUrl?: string }): PaymentProvider => ({
  manifest,
  acceptsSecret: (secret) => SECRET_FORM.test(secret),

  begin(order, account) {
    const query = new URLSearchParams({
      terminal: account.terminal,
      reference: order.reference,
      amount: String(order.amount),
      description: plainText(order.description, MAX_DESCRIPTION),
      returnUrl: order.returnUrl,
    }).toString();
    return { kind: 'redirect', url: \`\${settled(payUrl)}?\${query}&signature=\${sign(query, account.secret)}\` };
  },

  terminalOf: (callback) => terminalIn(readMembers(bodyText(callback, refuse), refuse).text('terminal'), refuse),

  read(callback, keys) {
    const evidence = bodyText(callback, refuse);
    const signatures = keys.map((key) => sign(evidence, key));
    if (!isOneOf(header(callback, 'x-signature'), signatures)) refuse('signature');
    const { text } = readMembers(evidence, refuse);
    const amount = wholeDong(text('amount'));
    const transactionId = transactionName(text('transaction'));
    const outcome = OUTCOMES[text('code')] ?? 'review';
    return {
      providerId: manifest.id,
      terminal: text('terminal'),
      reference: text('reference').slice(0, 128),
      outcome: outcome === 'paid' && (amount === null || transactionId === '') ? 'review' : outcome,
      amount,
      currency: 'VND',
      transactionId,
      paidAt: readCompactVietnamTime(text('paidAt')) ?? null,
      resultCode: text('code').slice(0, 64),
      evidence,
    };
  },

  acknowledge(acknowledgement) {
    const [status, taken] = answers[acknowledgement];
    return jsonAnswer(status, { taken });
  },
});
`;

const SAMPLE_SECRET = 'an-invented-secret';

function samples(): string {
  const body = JSON.stringify({
    terminal: 'TERMINAL01',
    reference: '480213567890012',
    amount: 500000,
    transaction: '14226112',
    code: '00',
    paidAt: '20261120120000',
  });
  const headers = { 'x-signature': createHmac('sha256', SAMPLE_SECRET).update(body).digest('hex') };
  const told = (name: string, expect: object, more: object = {}) => ({
    name,
    headers: { ...headers, ...more },
    body,
    expect,
  });
  const list = [
    told('a payment that succeeded', { outcome: 'paid', amount: 500_000 }),
    told('signed by nobody', { refused: 'signature' }, { 'x-signature': '' }),
  ];
  return `${JSON.stringify({ secret: SAMPLE_SECRET, samples: list }, undefined, 2)}\n`;
}

const party = (name: string, factory: string): string => `import { createHmac } from 'node:crypto';
import { ${factory} } from '../../../shared/providers/${name}/adapter.ts';
import { type Bent, compact, doubledMember, type Party, post, queryOf, type Said } from './party.ts';

/** ${name} as its documents describe it. Shares no code with the adapter. */

const SECRET = '${SAMPLE_SECRET}';
const sign = (text: string, secret = SECRET): string => createHmac('sha256', secret).update(text).digest('hex');

function write(said: Said, bent: Bent = {}) {
  const members = {
    terminal: said.terminal,
    reference: said.reference,
    amount: said.amount,
    transaction: said.transactionId,
    code: said.code,
    paidAt: compact(said.paidAt),
    text: said.text,
    ...(bent.unknownMember && { newMember: 0.5 }),
  };
  let body = JSON.stringify(members);
  if (bent.wireAmount) body = body.replace(\`"amount":\${said.amount}\`, \`"amount":\${bent.wireAmount}\`);
  if (bent.doubled) body = doubledMember(body, 'amount', '1');
  const signed = bent.reordered ? JSON.stringify(Object.fromEntries(Object.entries(members).reverse())) : body;
  const signature = (bent.signature ?? ((same) => same))(sign(signed, bent.secret));
  return post(body, 'application/json', { headers: signature === undefined ? {} : { 'x-signature': signature } });
}

const told = (status: number) => ({ status, body: { taken: status === 200 } });

export const ${factory}Party: Party = {
  provider: ${factory}({ stage: 'sandbox', payUrl: 'https://${name}.example/pay' }),
  account: { merchantAccountId: 'land-${name}', terminal: 'TERMINAL01', secret: SECRET },
  otherSecret: 'another-invented-secret',
  noSecrets: ['', 'short', 'with a space in it'],
  unit: 1,
  tellsTime: true,
  signsBytes: true,
  callbacks: {
    write,
    codes: { paid: ['00'], declined: ['01'] },
    unknownCode: '77',
    answers: {
      accepted: told(200),
      duplicate: told(200),
      wrongAmount: told(200),
      unknownOrder: told(404),
      badSignature: told(400),
      tryAgain: told(503),
    },
  },
  payments: {
    amount: (sent) => queryOf(sent).get('amount') ?? '',
    reference: (sent) => queryOf(sent).get('reference') ?? '',
    description: (sent) => queryOf(sent).get('description') ?? '',
    mostDescription: 255,
    signed: (sent) => {
      const query = queryOf(sent);
      const given = query.get('signature') ?? '';
      query.delete('signature');
      return [given, sign(query.toString())];
    },
  },
};
`;

const player = (name: string, factory: string): string => `import { createHmac } from 'node:crypto';
import { compactTime, dongIn, merchantOf, mustBeSigned, postNotice, type Simulator } from '../speech.ts';

/** ${name} as its documents describe it, played: the page to which a citizen is sent, and notices. Shares no code with the adapter. */

const sign = (text: string, secret: string): string => createHmac('sha256', secret).update(text).digest('hex');

export const ${factory}: Simulator = {
  id: '${name}',
  name: { vi: '${name}', en: '${name}' },
  amountOnTheWire: String,
  hireMerchant: (bytes) => ({ terminal: 'TERMINAL01', secret: bytes(16) }),

  openPage({ query }, office) {
    const [signed = '', given] = query.split('&signature=');
    const of = Object.fromEntries(new URLSearchParams(signed));
    const merchant = merchantOf(office, of['terminal']);
    mustBeSigned(given, sign(signed, merchant.secret));
    return {
      provider: '${name}',
      terminal: merchant.terminal,
      reference: of['reference'] ?? '',
      amount: dongIn(of['amount']),
      info: of['description'] ?? '',
      returnUrl: of['returnUrl'] ?? '',
      createdAt: office.now(),
    };
  },

  notice({ id, order, amount, paid, at }, { terminal, secret }, callback) {
    const body = JSON.stringify({
      terminal,
      reference: order.reference,
      amount,
      transaction: id,
      code: paid ? '00' : '01',
      paidAt: compactTime(at),
    });
    return postNotice(callback, body, 'application/json', { 'x-signature': sign(body, secret) });
  },
};
`;
