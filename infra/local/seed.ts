import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { manifests } from '../../shared/providers/index.ts';
import type { LocalStack } from './stack.ts';

/**
 * Makes a new local stack useful at once, through its own API: two agencies of one province, a third of another, clients
 * that may act for them, and an account of each agency at each provider. Runs at every start; whatever is there already
 * stays as it is.
 */

/** Invented offices. */
const agencies = [
  {
    code: 'H29.12',
    name: { vi: 'Sở Dịch vụ mẫu số một', en: 'First sample department' },
    // It gives electronic receipts; the others give none.
    receipts: {
      series: 'TAA',
      collector: { name: 'Sở Dịch vụ mẫu số một', taxCode: '0199999991', address: 'Số 1 phố Mẫu' },
    },
  },
  { code: 'H29.13', name: { vi: 'Sở Dịch vụ mẫu số hai', en: 'Second sample department' } },
  { code: 'H26.07', name: { vi: 'Sở Dịch vụ mẫu tỉnh khác', en: 'Sample department of another province' } },
];

const province = ['H29.12', 'H29.13'];
const returnHosts = ['localhost', '127.0.0.1', 'portal.example.gov.vn'];

const clients = [
  {
    id: 'local-portal',
    kind: 'portal',
    agencies: province,
    returnHosts,
    name: { vi: 'Cổng mẫu', en: 'Sample portal' },
  },
  {
    id: 'local-other-portal',
    kind: 'portal',
    agencies: ['H26.07'],
    returnHosts,
    name: { vi: 'Cổng mẫu tỉnh khác', en: 'Sample portal of another province' },
  },
  { id: 'local-agency', kind: 'agency', agencies: ['H29.12'], name: { vi: 'Cơ quan mẫu', en: 'Sample agency' } },
  { id: 'local-desk', kind: 'agency', agencies: ['H29.12'], name: { vi: 'Quầy thu mẫu', en: 'Sample desk' } },
  { id: 'local-monitor', kind: 'finance', agencies: '*', name: { vi: 'Hệ thống giám sát', en: 'Monitoring system' } },
  { id: 'local-finance-maker', kind: 'finance', agencies: '*', name: { vi: 'Kế toán lập', en: 'Finance maker' } },
  { id: 'local-finance-checker', kind: 'finance', agencies: '*', name: { vi: 'Kế toán duyệt', en: 'Finance checker' } },
  {
    id: 'local-vnpay',
    kind: 'provider',
    providerId: 'vnpay',
    agencies: [],
    name: { vi: 'VNPAY (mẫu)', en: 'VNPAY (sample)' },
  },
  {
    id: 'local-catalogue-drafter',
    kind: 'operator',
    agencies: '*',
    name: { vi: 'Soạn danh mục', en: 'Catalogue drafter' },
  },
  {
    id: 'local-catalogue-approver',
    kind: 'operator',
    agencies: '*',
    name: { vi: 'Duyệt danh mục', en: 'Catalogue approver' },
  },
  { id: 'local-operator', kind: 'operator', agencies: '*', name: { vi: 'Vận hành', en: 'Operator' } },
  { id: 'local-operator-two', kind: 'operator', agencies: '*', name: { vi: 'Vận hành hai', en: 'Operator two' } },
];

/** A terminal and its secret. All sample agencies share it: as in real life, several agencies of a province do. */
type SampleTerminal = { terminal: string; secret: string };

const VNPAY_SECRET_BYTES = 16;

const Token = z.object({ access_token: z.string() });
const BankKey = z.object({ publicKey: z.string() });

/**
 * Registers what is not registered yet. `merchants`: terminals at simulated providers, of which those get accounts that the
 * stack offers; without them there is an account at VNPAY whose key nobody else has. Throws when the stack refuses anything.
 */
export async function seed(
  stack: LocalStack,
  merchants: ReadonlyMap<string, SampleTerminal> = new Map([['vnpay', unknownVnpay()]]),
): Promise<void> {
  const [proposer = '', approver = ''] = await Promise.all(
    ['local-operator', 'local-operator-two'].map((id) => tokenOf(stack, id)),
  );
  const register = registrar(stack.url, proposer, approver);

  for (const { code, ...agency } of agencies) await register(`/v1/agencies/${code}`, { ...agency, active: true });
  for (const { id, ...client } of clients)
    await register(`/v1/clients/${id}`, { returnHosts: [], ...client, active: true });

  const bank = BankKey.parse(await (await fetch(`${stack.url}/sandbox-bank/key`)).json());
  const offered = offeredAt(stack);
  const terminals = new Map([...merchants].filter(([provider]) => offered.has(provider)));
  terminals.set('sandbox-bank', { terminal: 'SANDBOX1', secret: bank.publicKey });
  for (const [providerId, { terminal, secret: key }] of terminals) {
    let secret: string | undefined = key;
    for (const [place, { code }] of agencies.entries()) {
      const id = `${providerId}-${code.toLowerCase().replace('.', '-')}`;
      const account = { providerId, agencyCode: code, beneficiary: 'main', terminal, active: true };
      const created = await register(`/v1/merchant-accounts/${id}`, {
        ...account,
        accountNumber: `12001000000${place + 1}`,
        bankBin: '970436',
        paidOnFrom: '2020-01-01',
        ...(secret && { secret }),
      });
      // One terminal has one secret: the first account brings it, or it has been there since an earlier start.
      if (created || place === 0) secret = undefined;
    }
  }
}

/** Who is offered: of whom nothing is unconfirmed, and whoever the stage has switched on all the same. */
function offeredAt(stack: LocalStack): ReadonlySet<string> {
  const switchedOn = (stack.environment('provider-callback')['SWITCHED_ON_PROVIDERS'] ?? '').split(',');
  return new Set(
    manifests.filter(({ id, uncertain }) => uncertain.length === 0 || switchedOn.includes(id)).map(({ id }) => id),
  );
}

const unknownVnpay = (): SampleTerminal => ({
  terminal: 'THUPHI01',
  secret: randomBytes(VNPAY_SECRET_BYTES).toString('hex').toUpperCase(),
});

async function tokenOf({ clients, tokenEndpoint }: LocalStack, id: string): Promise<string> {
  const client = clients.find((one) => one.id === id);
  if (!client) throw new Error(`the local stack has no ${id}`);
  const answer = await fetch(tokenEndpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}`,
    },
    body: 'grant_type=client_credentials',
  });
  return Token.parse(await answer.json()).access_token;
}

const Proposed = z.object({ proposalId: z.string() });

/** Puts a record unless it exists, by two persons where the stack asks for them. True if it was put. */
function registrar(url: string, proposer: string, approver: string) {
  const call = async (method: string, path: string, token: string, body?: unknown) => {
    const answer = await fetch(url + path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'idempotency-key': `seed:${path}`.slice(0, 64),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path} was answered ${answer.status}: ${await answer.text()}`);
    return answer;
  };
  return async (path: string, record: unknown): Promise<boolean> => {
    const there = await fetch(url + path, { headers: { authorization: `Bearer ${proposer}` } });
    if (there.ok) return false;
    const put = await call('PUT', path, proposer, record);
    if (put.status === 202) {
      const { proposalId } = Proposed.parse(await put.json());
      await call('POST', `/v1/proposals/${proposalId}/approve`, approver);
    }
    return true;
  };
}
