import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type LocalClient, type LocalStack, startStack } from '../../infra/local/stack.ts';
import { synthesize } from '../../infra/synth.ts';
import { Receiver } from './receiver.ts';
import { BankKey, Caller, WebhookRegistered } from './service.ts';
import type { Teller } from './teller.ts';
import { PlayedVnpay } from './vnpay.ts';

/** Everybody who takes part, each invented, on a stack of their own that leaves nothing behind. */

export const AGENCY = 'H29.77';
export const TERMINALS = { vnpay: 'DEMOSHOP', bank: 'DEMOBANK' } as const;
const SECRET_BYTES = 16;

const clients: readonly LocalClient[] = [
  {
    id: 'demo-portal',
    kind: 'portal',
    scopes: [
      'catalogue:read',
      'quotes:write',
      'invoices:read',
      'invoices:write',
      'payments:read',
      'payments:write',
      'webhooks:write',
    ],
  },
  { id: 'demo-agency', kind: 'agency', scopes: ['webhooks:write'] },
  { id: 'demo-finance', kind: 'finance', scopes: ['statements:write', 'reconciliation:read', 'reports:read'] },
  { id: 'demo-operator', kind: 'operator', scopes: ['operations:write'] },
];

export type World = {
  url: string;
  portal: Caller;
  agency: Caller;
  finance: Caller;
  operator: Caller;
  vnpay: PlayedVnpay;
  receiver: Receiver;
};

/** What was started, to be ended in any case. */
export class Ends {
  readonly #ends: (() => Promise<void> | void)[] = [];
  #ending: Promise<void> | undefined;

  push(end: () => Promise<void> | void): void {
    if (this.#ending) void end();
    else this.#ends.push(end);
  }

  /** Ends everything once, last things first. */
  run(): Promise<void> {
    this.#ending ??= (async () => {
      for (const end of this.#ends.reverse())
        await Promise.resolve(end()).catch((error: unknown) => console.error(error));
    })();
    return this.#ending;
  }
}

/** Synthesizes the app and runs it in a temporary folder on free ports. */
export async function startService(ends: Ends): Promise<LocalStack> {
  const folder = mkdtempSync(path.join(tmpdir(), 'thuphi-demo-stack-'));
  ends.push(() => rmSync(folder, { recursive: true, force: true }));
  const assemblyDirectory = path.join(folder, 'cdk.out');
  const starting = synthesize({ outdir: assemblyDirectory, stage: 'sandbox', development: true }).then(() =>
    startStack({ assemblyDirectory, dataDirectory: path.join(folder, 'data'), port: 0, clients }),
  );
  // Ctrl-C may come while it starts: what is half begun can only be ended once it stands.
  ends.push(async () => (await starting.catch(() => undefined))?.stop());
  return starting;
}

/** Everybody signs in; the played VNPAY and the receiver of webhooks begin. */
export async function gather({ url, tokenEndpoint, clients: registered }: LocalStack, ends: Ends): Promise<World> {
  const signIn = (id: string) => {
    const client = registered.find((one) => one.id === id);
    if (!client) throw new Error(`the stack does not know ${id}`);
    return Caller.signIn(client, url, tokenEndpoint);
  };
  const receiver = new Receiver({ failFirst: true });
  await receiver.start();
  ends.push(() => receiver.stop());
  return {
    url,
    portal: await signIn('demo-portal'),
    agency: await signIn('demo-agency'),
    finance: await signIn('demo-finance'),
    operator: await signIn('demo-operator'),
    vnpay: new PlayedVnpay({
      terminal: TERMINALS.vnpay,
      secret: randomBytes(SECRET_BYTES).toString('hex').toUpperCase(),
      noticeAddress: `${url}/callbacks/vnpay`,
    }),
    receiver,
  };
}

/** The operator registers who takes part and where the money goes; agency and portal register their webhooks. */
export async function register(world: World, tell: Teller): Promise<void> {
  const { url, operator, agency, portal, vnpay, receiver } = world;
  const put = (address: string, body: object) => operator.text(address, { method: 'PUT', body });
  await put(`/v1/agencies/${AGENCY}`, {
    name: { vi: 'Trung tâm Dịch vụ công mẫu', en: 'Sample public-service centre' },
    active: true,
  });
  const names = { vi: 'Ứng dụng mẫu', en: 'Sample client' };
  for (const { id, kind } of clients.filter((client) => client.kind !== 'operator'))
    await put(`/v1/clients/${id}`, {
      kind,
      name: names,
      agencies: kind === 'finance' ? '*' : [AGENCY],
      returnHosts: kind === 'portal' ? ['portal.example.gov.vn'] : [],
      active: true,
    });
  tell.say(`The operator registers agency ${AGENCY}, a portal, the agency’s own system and a finance clerk.`);

  const account = { agencyCode: AGENCY, beneficiary: 'main', bankBin: '970436', active: true };
  await put('/v1/merchant-accounts/demo-vnpay', {
    ...account,
    providerId: 'vnpay',
    terminal: TERMINALS.vnpay,
    accountNumber: '120010000077',
    paidOnFrom: '2020-01-01',
    secret: vnpay.secretForTheOperator(),
  });
  const { publicKey } = BankKey.parse(await (await fetch(`${url}/sandbox-bank/key`)).json());
  await put('/v1/merchant-accounts/demo-bank', {
    ...account,
    providerId: 'sandbox-bank',
    terminal: TERMINALS.bank,
    accountNumber: '120010000078',
    paidOnFrom: '2020-01-01',
    secret: publicKey,
  });
  tell.say(`Two accounts where its money goes: ${TERMINALS.vnpay} at VNPAY, ${TERMINALS.bank} at the sandbox bank.`);

  for (const [caller, address, to] of [
    [agency, `/v1/agencies/${AGENCY}/webhook`, 'agency'],
    [portal, '/v1/clients/demo-portal/webhook', 'portal'],
  ] as const) {
    const { secret } = await caller.call(WebhookRegistered, address, {
      method: 'PUT',
      body: { url: receiver.addressOf(to) },
    });
    receiver.trust(to, secret);
  }
  tell.say('Agency and portal each say where they want to be told, and get a secret to verify it with.');
}
