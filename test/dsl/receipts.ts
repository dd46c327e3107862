import type { Invoice } from '../../shared/domain/invoice/invoice.ts';
import { dong } from '../../shared/domain/money/dong.ts';
import type { Movement } from '../../shared/domain/payment/movement.ts';
import { reversalOf } from '../../shared/domain/payment/movement.ts';
import type { Correction } from '../../shared/domain/receipt/correction.ts';
import type { Receipt, ReceiptRegistration } from '../../shared/domain/receipt/receipt.ts';
import type { Agency } from '../../shared/domain/registry/registry.ts';
import { type IssueDependencies, issueReceipts } from '../../shared/usecases/issue-receipts.ts';
import { MemoryReceipts } from '../fakes/memory-receipts.ts';
import { MemorySigner } from '../fakes/memory-signer.ts';
import { aWorld, invoiceOf, LAND, NOW } from './world.ts';

/** Receipts of a small country in memory. */

export const REGISTERED: ReceiptRegistration = {
  series: 'TAA',
  collector: { name: 'Văn phòng Đăng ký & Đất đai <mẫu>', taxCode: '0100233488', address: 'Số 1 phố Mẫu' },
};
export const RUN = { taxCode: '0100233488', symbol: '26TAA' };

export const registered = (agency: Agency | undefined): Agency => ({
  ...(agency ?? { code: LAND, name: { vi: LAND, en: LAND }, active: true }),
  receipts: REGISTERED,
});

const signer = new MemorySigner();
export const SECRET = 'abcdefghijklmnopqrstuv';

/** Money that is there. */
export const aMovement = (name: string, more: Partial<Movement> = {}): Movement => ({
  movementId: `mov_bank-one_${name}`,
  kind: 'payment',
  amount: dong(50_000),
  providerId: 'bank-one',
  merchantAccountId: 'land-one',
  terminal: 'ONE-LAND',
  transactionId: name,
  paidAt: NOW - 5_000,
  committedAt: NOW - 1_000,
  lines: [
    { side: 'debit', account: 'provider:bank-one:clearing', amount: dong(50_000) },
    { side: 'credit', account: `agency:${LAND}:payable:main`, amount: dong(50_000) },
  ],
  evidence: 'e',
  ...more,
});

export const withMovements = (...movements: Movement[]): Invoice['movements'] =>
  Object.fromEntries(movements.map((one) => [one.movementId, one]));

/** What takes a movement back. */
export const reversed = (original: Movement): Movement => ({
  ...original,
  movementId: reversalOf(original.movementId),
  kind: 'reversal',
  committedAt: original.committedAt + 500,
});

/** A paid invoice: lệ phí and phí, each of its own kind. */
export const paidInvoice = (number = '480213567890', more: Partial<Invoice> = {}): Invoice =>
  invoiceOf(number, {
    state: 'paid',
    total: dong(50_000),
    due: dong(0),
    lines: [
      { feeItem: '1.004222-01', kind: 'le_phi', quantity: 1, amount: dong(20_000), beneficiary: 'main' },
      { feeItem: '1.004222-02', kind: 'phi', quantity: 2, amount: dong(30_000), beneficiary: 'main' },
      { feeItem: '1.004222-03', kind: 'phi', quantity: 1, amount: dong(0), beneficiary: 'main' },
    ],
    movements: withMovements(aMovement('T1')),
    payer: { name: 'Nguyễn Thị "Mẫu" & Con', idNumber: '001099001234' },
    ...more,
  });

export type ReceiptWorld = ReturnType<typeof aReceiptWorld>;

export function aReceiptWorld() {
  const world = aWorld();
  const receipts = new MemoryReceipts();
  const read = world.registry.agency.bind(world.registry);
  world.registry.agency = async (code) => {
    const agency = await read(code);
    return agency && code === LAND ? registered(agency) : agency;
  };
  const dependencies: IssueDependencies = {
    invoices: world.invoices,
    registry: world.registry,
    directory: world.registry,
    deliveries: world.deliveries,
    receipts,
    signer,
    feeName: async (_, feeItem) => (feeItem.endsWith('-02') ? 'Phí khai thác <dữ liệu>' : undefined),
    providerName: (provider) => (provider === 'bank-one' ? 'Ngân hàng Một' : undefined),
    secret: () => SECRET,
    now: world.now,
  };
  return {
    ...world,
    receipts,
    signer,
    dependencies,
    issue: (...invoices: Invoice[]) =>
      issueReceipts(
        invoices.map(({ number }) => number),
        dependencies,
      ),
    numbersOf: (run = RUN): number[] =>
      (receipts.runs.get(`${run.taxCode} ${run.symbol}`) ?? []).map((id) => receipts.kept.get(id)?.number ?? -1),
  };
}

export const aCorrection = (more: Partial<Correction> = {}): Correction => ({
  state: 'proposed',
  kind: 'notice',
  payer: { name: 'Nguyễn Thị Mẫu' },
  why: 'Ghi sai tên người nộp',
  by: 'clerk-lan',
  clientId: 'desk',
  proposedAt: NOW,
  keyHash: 'k',
  bodyHash: 'b',
  ...more,
});

export const aReceipt = (more: Partial<Receipt> = {}): Receipt => ({
  receiptId: 'rct_48021356789001',
  schema: 'thuphi-1',
  form: 'EBL01',
  symbol: '26TAA',
  number: 1,
  issuedAt: NOW,
  agencyCode: LAND,
  collector: REGISTERED.collector,
  payer: { name: 'Nguyễn Thử Nghiệm', idNumber: '••••••••1234' },
  kind: 'le_phi',
  lines: [{ feeItem: '1.004222-01', name: 'Lệ phí đăng ký cư trú', quantity: 1, amount: dong(20_000) }],
  total: dong(20_000),
  payment: { movementId: 'mov_bank-one_T1', provider: 'bank-one', paidAt: NOW - 5_000 },
  dossierCode: `${LAND}-261120-0001`,
  procedureCode: '1.004222',
  secret: SECRET,
  ...more,
});
