import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalStack } from '../../infra/local/stack.ts';
import { readInvoiceBatch, readInvoiceBatchReport, requestInvoiceBatch } from '../../shared/api/batches.ts';
import { getInvoice, listInvoices } from '../../shared/api/portal.ts';
import { getBeneficiary, putBeneficiary } from '../../shared/api/registry.ts';
import { eventually, removeTemporaryFolders, startTestStack } from '../stack.ts';
import { AGENCY, LICENCE, newDossier, PAYER, vietnamDay, World } from './world.ts';

/** Files of invoices, and the slips of what they made. */

const ROWS = 600;

let stack: LocalStack;
let world: World;

beforeAll(async () => {
  stack = await startTestStack();
  world = await World.enter(stack);
});
afterAll(async () => {
  await world?.leave();
  await stack?.stop();
  removeTemporaryFolders();
});

const dossiers = Array.from({ length: ROWS }, () => newDossier());
/** The same for every file: the same row asks for the same invoice. */
const submittedAt = `${vietnamDay(new Date())}T00:00:00+07:00`;
const csv = () =>
  [
    'procedureCode,agencyCode,dossierCode,channel,submittedAt,payer.name,payer.idNumber,debtor.name,debtor.taxCode',
    ...dossiers.map((dossier, index) =>
      [
        LICENCE.procedureCode,
        index === 7 ? 'H26.07' : AGENCY,
        dossier,
        'counter',
        submittedAt,
        PAYER.name,
        PAYER.idNumber,
        'Công ty Mẫu',
        index === 11 ? '0100233489' : '0100233488',
      ].join(','),
    ),
  ].join('\n');

async function handIn(): Promise<string> {
  const { batchId, uploadUrl, uploadHeaders } = await world.portal.done(requestInvoiceBatch, {
    body: { format: 'csv' },
  });
  const put = await fetch(uploadUrl ?? '', { method: 'PUT', headers: uploadHeaders, body: csv() });
  expect(put.status).toBe(200);
  await eventually(`the end of ${batchId}`, async () => {
    const { state } = await world.portal.done(readInvoiceBatch, { params: { batchId } });
    return state === 'DONE';
  });
  return batchId;
}

describe('a file of some hundred invoices', () => {
  let batchId: string;

  it('is worked on, and every row is reported', async () => {
    batchId = await handIn();
    const batch = await world.portal.done(readInvoiceBatch, { params: { batchId } });
    expect(batch).toMatchObject({ rows: ROWS, done: ROWS, counts: { created: ROWS - 2, existing: 0, refused: 2 } });
    const { rows } = await world.portal.done(readInvoiceBatchReport, { params: { batchId } });
    expect(rows.filter(({ outcome }) => outcome === 'refused').map(({ row, code }) => [row, code])).toEqual([
      [8, 'not_found'],
      [12, 'malformed_request'],
    ]);
    expect(rows[11]?.errors).toMatchObject([{ pointer: '/debtor/taxCode' }]);
    const { data } = await world.portal.done(listInvoices, {
      query: { dossierCode: dossiers[0] ?? '', agencyCode: AGENCY },
    });
    expect(data.map(({ invoiceId }) => invoiceId)).toEqual([rows[0]?.invoiceId]);
  });

  it('is reported as CSV, without a name in it', async () => {
    const answer = await world.portal.call(readInvoiceBatchReport, { params: { batchId }, query: { format: 'csv' } });
    expect(answer.text.trimEnd().split('\r\n')).toHaveLength(ROWS + 1);
    expect(answer.text).not.toContain(PAYER.idNumber);
    expect(answer.text).not.toContain(PAYER.name);
  });

  it('makes nothing twice', async () => {
    const again = await handIn();
    expect(await world.portal.done(readInvoiceBatch, { params: { batchId: again } })).toMatchObject({
      counts: { created: 0, existing: ROWS - 2, refused: 2 },
    });
  });

  it('is its client’s own', async () => {
    for (const caller of [world.otherPortal, world.agency])
      await caller.refused(readInvoiceBatch, { params: { batchId } }, 'not_found');
  });

  it('has slips that say where the money goes, once an operator has said so', async () => {
    const { rows } = await world.portal.done(readInvoiceBatchReport, { params: { batchId } });
    const params = { invoiceId: rows[0]?.invoiceId ?? '' };
    const before = await world.portal.done(getInvoice, { params });
    expect(before.slips).toMatchObject([{ form: 'C1-03/NS', beneficiary: { account: null }, total: LICENCE.amount }]);
    const body = {
      name: { vi: 'Ngân sách mẫu', en: 'Sample budget' },
      account: { kind: 'treasury', number: '7111', treasury: '0111', treasuryName: 'KBNN mẫu', bankBin: '970436' },
      collectingAuthority: '1054321',
      chapter: '426',
      area: '26734',
      bookings: [
        { kind: 'le_phi', subItem: '2853' },
        { kind: 'phi', subItem: '2716', retainedPermille: 700 },
      ],
    };
    const purse = { code: AGENCY, beneficiary: 'main' };
    const effectiveFrom = '2026-01-01';
    await world.operator.refused(
      putBeneficiary,
      { params: { ...purse, effectiveFrom }, body: { ...body, chapter: '42' } },
      'unprocessable',
    );
    await world.operator.done(putBeneficiary, { params: { ...purse, effectiveFrom }, body });
    await world.operator.refused(
      putBeneficiary,
      { params: { ...purse, effectiveFrom: '2026-02-01' }, body },
      'published_immutable',
    );
    expect(await world.operator.done(getBeneficiary, { params: purse })).toMatchObject({
      chapter: '426',
      effectiveFrom,
    });
    const { slips } = await world.portal.done(getInvoice, { params });
    expect(slips).toMatchObject([
      {
        debtor: { name: 'C• t• Mẫu', taxCode: '••••••3488' },
        paidBy: { name: 'N• T• Ẩ• Danh', idNumber: '••••••••3456' },
        beneficiary: { account: '7111', treasury: '0111' },
        lines: [{ chapter: '426', area: '26734', subItem: '2853' }],
        totalInWords: 'Một trăm ba mươi lăm nghìn đồng',
        missing: [],
      },
    ]);
  });
});
