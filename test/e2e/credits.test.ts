import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalStack } from '../../infra/local/stack.ts';
import { startPayment } from '../../shared/api/portal.ts';
import type { RawCallback } from '../../shared/domain/payment/provider.ts';
import { SECRET as BANK_SECRET, signed as signedByBank } from '../providers/parties/bank-direct.ts';
import { ACCOUNT, CASSO_KEY, VIETQR_SECRET, writeCasso } from '../providers/parties/bank-transfer.ts';
import { post } from '../providers/parties/party.ts';
import { eventually, removeTemporaryFolders, startTestStack } from '../stack.ts';
import { LICENCE, newDossier, RETURN_URL, World } from './world.ts';

/** One credit on a bank account of which SePay, Casso and the bank's camt.054 tell, on the running service. */

const { amount } = LICENCE;
const AGENCY = 'H29.13';
const API_KEY = 'fake-sepay-api-key';

let stack: LocalStack;
let world: World;
/** What must be in the books at the end, in dong. */
let entered = 0;
let credits = 0;

beforeAll(async () => {
  const at = (secret: string) => ({ terminal: ACCOUNT, secret });
  const accounts = new Map([
    ['vietqr', at(VIETQR_SECRET)],
    ['sepay', at(JSON.stringify({ apiKey: API_KEY }))],
    ['casso', at(CASSO_KEY)],
    ['bank-direct', at(BANK_SECRET)],
  ]);
  stack = await startTestStack(undefined, undefined, accounts);
  world = await World.enter(stack);
});
afterAll(async () => {
  await world?.leave();
  await stack?.stop();
  removeTemporaryFolders();
});

type Credit = { code: string; reference: string; amount: number };

const tellers = {
  sepay: (credit: Credit) => {
    const body = JSON.stringify({
      id: 92_704,
      transactionDate: '2026-11-20 12:00:00',
      accountNumber: ACCOUNT,
      content: `MBVCB.1.${credit.code}.CT tu 0123`,
      transferType: 'in',
      transferAmount: credit.amount,
      referenceCode: credit.reference,
    });
    return post(body, 'application/json', { headers: { authorization: `Apikey ${API_KEY}` } });
  },
  casso: (credit: Credit) =>
    writeCasso({
      reference: credit.code.slice(2),
      amount: credit.amount,
      transactionId: credit.reference,
      code: '',
      terminal: ACCOUNT,
      paidAt: Date.parse('2026-11-20T12:00:00+07:00'),
      createdAt: 0,
      text: 'le phi',
    }),
  camt: (credit: Credit) =>
    signedByBank(
      `<Document><BkToCstmrDbtCdtNtfctn><GrpHdr><MsgId>M</MsgId></GrpHdr><Ntfctn><Id>1</Id><Acct><Id><Othr><Id>${ACCOUNT}</Id></Othr></Id><Ccy>VND</Ccy></Acct><Ntry><Amt Ccy="VND">${credit.amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-11-20</Dt></BookgDt><AcctSvcrRef>${credit.reference}</AcctSvcrRef><NtryDtls><TxDtls><RmtInf><Ustrd>${credit.code}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry></Ntfctn></BkToCstmrDbtCdtNtfctn></Document>`,
      { at: Date.now() },
    ),
};
type Teller = keyof typeof tellers;
const ALL = ['sepay', 'casso', 'camt'] as const;

async function send(provider: string, { headers, body }: RawCallback): Promise<number> {
  const url = `${stack.url}/callbacks/${provider}`;
  const answer = await fetch(url, {
    method: 'POST',
    headers: Object.entries(headers).flatMap(([name, text]): [string, string][] => (text ? [[name, text]] : [])),
    body: Buffer.from(body),
  });
  return answer.status;
}

async function tell(teller: Teller, credit: Credit): Promise<void> {
  expect(await send(teller === 'camt' ? 'bank-direct' : teller, tellers[teller](credit))).toBe(200);
}

/** An invoice that waits for a transfer, and a credit over what it owes. */
async function transfer(): Promise<{ invoiceId: string; credit: Credit }> {
  const { invoiceId } = await world.invoice(newDossier(), AGENCY);
  const body = { providerId: 'vietqr', returnUrl: RETURN_URL };
  const { next } = await world.portal.done(startPayment, { params: { invoiceId }, body });
  const [code = ''] = /TP[0-9]{15}/.exec(next.kind === 'qr' ? next.payload : '') ?? [];
  expect(code).not.toBe('');
  return { invoiceId, credit: { code, reference: newReference(), amount } };
}

const newReference = (): string => {
  credits += 1;
  return `FT26324A${String(credits).padStart(6, '0')}`;
};

/** Paid once; once everything that was told is entered, still so. */
async function isPaidOnce(invoiceId: string, surplus = 0): Promise<void> {
  await world.untilState(invoiceId, 'paid');
  await eventually(`a surplus of ${surplus}`, async () => (await world.read(invoiceId)).surplus.amount === surplus);
  entered += amount + surplus;
}

const orders = ALL.flatMap((first) =>
  ALL.filter((second) => second !== first).map((second) => [
    first,
    second,
    ...ALL.filter((one) => one !== first && one !== second),
  ]),
);

describe('one credit', () => {
  it.each(orders.map((order) => [order.join(', '), order] as const))(
    'is entered once, told by %s',
    async (_, order) => {
      const { invoiceId, credit } = await transfer();
      for (const teller of order) await tell(teller, credit);
      await isPaidOnce(invoiceId);
    },
  );

  it('is entered once, told by all of them at once, each three times', async () => {
    for (let round = 0; round < 3; round += 1) {
      const { invoiceId, credit } = await transfer();
      await Promise.all([...ALL, ...ALL, ...ALL].map((teller) => tell(teller, credit)));
      await isPaidOnce(invoiceId);
    }
  });

  it('is entered once, however each of them writes the bank’s reference', async () => {
    const { invoiceId, credit } = await transfer();
    const { reference } = credit;
    await Promise.all([
      tell('sepay', { ...credit, reference: reference.toLowerCase() }),
      tell('casso', { ...credit, reference: ` ${reference} ` }),
      tell('camt', { ...credit, reference: `${reference.slice(0, 4)} ${reference.slice(4)}` }),
    ]);
    await isPaidOnce(invoiceId);
  });

  it('is entered once where one of them has no reference of the bank: that telling waits for a person', async () => {
    const { invoiceId, credit } = await transfer();
    await Promise.all([tell('sepay', { ...credit, reference: '' }), tell('casso', credit), tell('camt', credit)]);
    await isPaidOnce(invoiceId);
    expect(await world.untilWorkItem('', 'UNREADABLE')).toMatchObject({ agencyCode: AGENCY, theirs: amount });
  });

  it('with another amount under the same reference is a work item, and no second payment', async () => {
    const { invoiceId, credit } = await transfer();
    await tell('sepay', credit);
    await isPaidOnce(invoiceId);
    await tell('casso', { ...credit, amount: amount + 1_000 });
    const item = await world.untilWorkItem(credit.reference, 'CONTRADICTION');
    expect(item).toMatchObject({ agencyCode: AGENCY, theirs: amount + 1_000 });
    expect(await world.read(invoiceId)).toMatchObject({ paid: { amount }, surplus: { amount: 0 } });
  });
});

describe('two credits', () => {
  it('of one amount, one time and one payment code are both entered: the second is surplus', async () => {
    const { invoiceId, credit } = await transfer();
    const other = { ...credit, reference: newReference() };
    for (const one of [credit, other]) await Promise.all(ALL.map((teller) => tell(teller, one)));
    await isPaidOnce(invoiceId, amount);
  });
});

it('no dong is entered twice, and none is lost', async () => {
  await eventually('all of it is in the journal', async () => {
    const { received, debit, credit } = await world.journal();
    return [received, debit, credit].every((sum) => sum === entered);
  });
});
