import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type * as z from 'zod';
import type { LocalStack } from '../../infra/local/stack.ts';
import {
  approveProposal,
  listProposals,
  type ProposalBody,
  readProposal,
  rejectProposal,
} from '../../shared/api/audit.ts';
import { readAudit } from '../../shared/api/logs.ts';
import { readReceipt } from '../../shared/api/receipts.ts';
import { getAgency, putAgency, putClient, putMerchantAccount } from '../../shared/api/registry.ts';
import { removeTemporaryFolders, startTestStack } from '../stack.ts';
import { Caller } from './caller.ts';
import { tokenOf, vietnamDay } from './world.ts';

/** A stack that asks for two persons, as every stage does. */

let stack: LocalStack;
let [one, two, portal]: Caller[] = [];
const caller = (who: Caller | undefined): Caller => {
  if (!who) throw new Error('nobody');
  return who;
};
const today = vietnamDay(new Date());
const AGENCY = { name: { vi: 'Sở Mới', en: 'New office' }, active: true };

beforeAll(async () => {
  stack = await startTestStack(undefined, undefined, undefined, { FourEyes: 'true' });
  [one, two, portal] = await Promise.all(
    ['local-operator', 'local-operator-two', 'local-portal'].map(
      async (id) => new Caller(stack.url, await tokenOf(stack, id)),
    ),
  );
});
afterAll(async () => {
  await stack?.stop();
  removeTemporaryFolders();
});

type Proposal = z.infer<typeof ProposalBody>;

async function proposed(...[endpoint, input]: Parameters<Caller['call']>): Promise<Proposal> {
  const answer = await caller(one).call(endpoint, input);
  expect(answer.status, answer.text).toBe(202);
  return JSON.parse(answer.text) as Proposal;
}

describe('the registry of a stage', () => {
  it('was filled by two persons, and says so', async () => {
    const { data } = await caller(two).done(readAudit, {
      query: { from: today, to: today, kind: 'agencies', id: 'H29.12' },
    });
    expect(data.map(({ act, by }) => [act, by])).toEqual([
      ['proposed', 'local-operator'],
      ['approved', 'local-operator-two'],
      ['applied', 'local-operator-two'],
    ]);
  });

  it('takes a new agency from two persons, compared, and no other way', async () => {
    const { proposalId, subject, before } = await proposed(putAgency, { params: { code: 'H29.77' }, body: AGENCY });
    expect([subject, before]).toEqual([{ kind: 'agencies', id: 'H29.77' }, 'none']);
    await caller(one).refused(getAgency, { params: { code: 'H29.77' } }, 'not_found');
    await caller(one).refused(approveProposal, { params: { proposalId } }, 'own_approval');
    const open = await caller(two).done(listProposals);
    expect(open.data.map((each) => each.proposalId)).toContain(proposalId);
    const done = await caller(two).done(approveProposal, { params: { proposalId } });
    expect(done).toMatchObject({ state: 'applied', proposedBy: 'local-operator', decidedBy: 'local-operator-two' });
    expect(await caller(one).done(getAgency, { params: { code: 'H29.77' } })).toMatchObject(AGENCY);
    await caller(one).refused(rejectProposal, { params: { proposalId } }, 'proposal_not_pending');
    const { data } = await caller(one).done(readAudit, { query: { from: today, to: today, id: 'H29.77' } });
    expect(data.map(({ act }) => act)).toEqual(['proposed', 'own_approval', 'approved', 'applied']);
  });

  it('changes a record only while it is what was seen', async () => {
    const seen = await caller(one).call(getAgency, { params: { code: 'H29.13' } });
    const etag = seen.headers.get('etag') ?? '';
    const put = (ifMatch: string, key: string) =>
      caller(one).send('PUT', '/v1/agencies/H29.13', {
        headers: { 'content-type': 'application/json', 'idempotency-key': key, 'if-match': ifMatch },
        body: JSON.stringify(AGENCY),
      });
    expect((await put('"aaaaaaaaaaaaaaaaaaaaaa"', 'if-match-one')).status).toBe(412);
    expect((await put('W/"x"', 'if-match-two')).status).toBe(400);
    expect((await put(etag, 'if-match-three')).status).toBe(202);
  });

  it('keeps a key out of every answer until and after it is approved', async () => {
    const secret = 'KEYOFTHENEWTERMINAL0123456789AB';
    const account = {
      ...{ providerId: 'vnpay', agencyCode: 'H29.77', beneficiary: 'main', terminal: 'NEWTERM1', active: true },
      ...{ accountNumber: '120010000077', bankBin: '970436' },
    };
    const made = await proposed(putMerchantAccount, { params: { id: 'vnpay-h29-77' }, body: { ...account, secret } });
    expect([made.withSecret, made.change]).toEqual([true, account]);
    const { proposalId } = made;
    await caller(two).done(approveProposal, { params: { proposalId } });
    const told = [
      await caller(one).call(readProposal, { params: { proposalId } }),
      await caller(one).call(readAudit, { query: { from: today, to: today } }),
    ];
    for (const { text } of told) expect(text).not.toContain(secret);
  });

  it('lets one person switch off what is dangerous, at once, and never on again', async () => {
    const off = {
      ...{ kind: 'portal', name: { vi: 'Cổng mẫu tỉnh khác', en: 'Sample portal of another province' } },
      ...{ agencies: ['H26.07'], returnHosts: ['localhost', '127.0.0.1', 'portal.example.gov.vn'], active: false },
    };
    const params = { id: 'local-other-portal' };
    expect(await caller(one).done(putClient, { params, body: off })).toMatchObject({ active: false });
    const { proposalId } = await proposed(putClient, { params, body: { ...off, active: true } });
    await caller(two).done(rejectProposal, { params: { proposalId } });
    const other = new Caller(stack.url, await tokenOf(stack, 'local-other-portal'));
    await other.refused(readReceipt, { params: { receiptId: 'rct_48021356789001' } }, 'forbidden');
  });

  it('is not for portals to change or to look into', async () => {
    for (const endpoint of [listProposals, readAudit])
      expect((await caller(portal).call(endpoint, { query: { from: today, to: today } })).status).toBe(403);
  });
});
