import { createHmac } from 'node:crypto';
import { casso } from '../../../shared/providers/casso/adapter.ts';
import { sepay } from '../../../shared/providers/sepay/adapter.ts';
import { vietqr } from '../../../shared/providers/vietqr/adapter.ts';
import { NOW } from '../../dsl/world.ts';
import { type Bent, doubledMember, type Party, post, type Said, type Sent, spaced } from './party.ts';

export const ACCOUNT = '113366668888';
export const VIETQR_SECRET = '{"bankBin":"970415"}';
export const SEPAY_SECRET = '{"webhookSecret":"fake_sepay_webhook_secret"}';
export const CASSO_KEY = 'FAKECASSOCHECKSUMKEY0001';

/** Tag and length, two digits each, read one after the other. */
function tags(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (let at = 0; at < text.length; ) {
    const length = Number(text.slice(at + 2, at + 4));
    found.set(text.slice(at, at + 2), text.slice(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return found;
}
const payloadTags = ({ step }: Sent) => tags(step.kind === 'qr' ? step.payload : '');

export const vietqrParty: Party = {
  provider: vietqr(),
  account: { merchantAccountId: 'land-vietqr', terminal: ACCOUNT, secret: VIETQR_SECRET },
  otherSecret: '{"bankBin":"970422"}',
  noSecrets: ['', '970415', '{"bankBin":"000000"}', '{"bankBin":970415}'],
  unit: 1,
  tellsTime: false,
  payments: {
    amount: (sent) => payloadTags(sent).get('54') ?? '',
    reference: (sent) =>
      tags(payloadTags(sent).get('62') ?? '')
        .get('08')
        ?.replace(/^TP/, '') ?? '',
  },
};

/** As a bank's customer writes it, with the bank's own words around. */
const memo = (said: Said): string => `MBVCB.${said.transactionId}.tp${said.reference} ${said.text}.CT tu 0123`;

const OK = { success: true };
const NO = { success: false };
const answers = {
  accepted: { status: 200, body: OK },
  duplicate: { status: 200, body: OK },
  wrongAmount: { status: 200, body: OK },
  unknownOrder: { status: 200, body: OK },
  badSignature: { status: 401, body: NO },
  tryAgain: { status: 503, body: NO },
};

export function writeSepay(said: Said, bent: Bent & { direction?: 'in' | 'out' } = {}, more: object = {}) {
  const { webhookSecret } = JSON.parse(bent.secret ?? SEPAY_SECRET) as { webhookSecret: string };
  let body = JSON.stringify({
    id: 92704,
    gateway: 'Vietcombank',
    transactionDate: spaced(said.paidAt),
    accountNumber: said.terminal,
    subAccount: null,
    code: null,
    content: memo(said),
    transferType: bent.direction ?? 'in',
    transferAmount: said.amount,
    accumulated: 19077000,
    referenceCode: said.transactionId,
    description: '',
    ...(bent.unknownMember && { newMember: 0.5 }),
    ...more,
  });
  if (bent.wireAmount) body = body.replace(`"transferAmount":${said.amount}`, `"transferAmount":${bent.wireAmount}`);
  if (bent.doubled) body = doubledMember(body, 'transferAmount', '1');
  const signed = bent.reordered ? JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(body)).reverse())) : body;
  const timestamp = String(Math.floor(NOW / 1000));
  const mac = createHmac('sha256', webhookSecret).update(`${timestamp}.${signed}`).digest('hex');
  const signature = (bent.signature ?? ((same) => same))(mac);
  const headers: Record<string, string> = { 'x-sepay-timestamp': timestamp };
  if (signature !== undefined) headers['x-sepay-signature'] = `sha256=${signature}`;
  return post(body, 'application/json', { headers });
}

export const sepayParty: Party = {
  provider: sepay(),
  account: { merchantAccountId: 'land-sepay', terminal: ACCOUNT, secret: SEPAY_SECRET },
  otherSecret: '{"webhookSecret":"another_sepay_webhook_secret"}',
  noSecrets: ['', 'fake_sepay_webhook_secret', '{"webhookSecret":"a","apiKey":"b"}'],
  unit: 1,
  tellsTime: true,
  signsBytes: true,
  callbacks: { write: writeSepay, codes: { paid: [''] }, answers, paidAt: { providerId: 'vietqr' } },
};

const sorted = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(
        Object.keys(value)
          .sort()
          .map((name) => [name, sorted((value as Record<string, unknown>)[name])]),
      )
    : value;

export function writeCasso(said: Said, bent: Bent = {}, more: object = {}) {
  const body = {
    error: 0,
    data: {
      id: 1234,
      reference: said.transactionId,
      description: memo(said),
      amount: said.amount,
      runningBalance: 25000000,
      transactionDateTime: spaced(said.paidAt),
      accountNumber: said.terminal,
      bankName: 'VPBank',
      ...(bent.unknownMember && { newMember: { b: 1, a: 2 } }),
      ...more,
    },
  };
  const time = String(NOW);
  const value = Number(bent.wireAmount ?? said.amount);
  const valued = { ...body, data: { ...body.data, amount: value } };
  const signed = JSON.stringify(bent.reordered ? valued : sorted(valued));
  const mac = createHmac('sha512', bent.secret ?? CASSO_KEY)
    .update(`${time}.${signed}`)
    .digest('hex');
  const signature = (bent.signature ?? ((same) => same))(mac);
  const written = JSON.stringify(body).replace(`"amount":${said.amount}`, `"amount":${bent.wireAmount ?? said.amount}`);
  const sent = bent.doubled ? `${doubledMember(written.slice(0, -1), 'amount', '1')}}` : written;
  const headers: Record<string, string> =
    signature === undefined ? {} : { 'x-casso-signature': `t=${time},v1=${signature}` };
  return post(sent, 'application/json', { headers });
}

export const cassoParty: Party = {
  provider: casso(),
  account: { merchantAccountId: 'land-casso', terminal: ACCOUNT, secret: CASSO_KEY },
  otherSecret: 'ANOTHERCASSOCHECKSUMKEY1',
  noSecrets: ['', 'short', 'with a space in it'],
  unit: 1,
  tellsTime: true,
  callbacks: { write: writeCasso, codes: { paid: [''] }, answers, paidAt: { providerId: 'vietqr' } },
};
