import type { InvoiceNumber } from '../../shared/domain/invoice/number.ts';
import { type ReceiptId, receiptId } from '../../shared/domain/receipt/receipt.ts';
import { approveCorrection, proposeCorrection, rejectCorrection } from '../../shared/usecases/correct-receipt.ts';
import { issueReceipts } from '../../shared/usecases/issue-receipts.ts';
import { type CrashCase, through } from '../dsl/crash-matrix.ts';
import {
  aCorrection,
  aMovement,
  aReceiptWorld,
  paidInvoice,
  type ReceiptWorld,
  reversed,
  withMovements,
} from '../dsl/receipts.ts';
import { LAN, MINH } from '../dsl/refunding.ts';
import { NOW } from '../dsl/world.ts';

/** Cases of the crash matrix: receipts. What was told twice under one id was told once. */

type Told = ReceiptWorld & { heard: Map<string, string> };

async function aWorldWith(...invoices: ReturnType<typeof paidInvoice>[]): Promise<Told> {
  const world = aReceiptWorld();
  for (const invoice of invoices) await world.invoices.create(invoice);
  return { ...world, heard: new Map() };
}

const issuing = (
  number: InvoiceNumber,
  { dependencies, receipts, heard, invoices, registry, signer }: Told,
  around: Parameters<CrashCase<Told>['call']>[1],
) =>
  issueReceipts([number], {
    ...dependencies,
    invoices: through(invoices, around),
    registry: through(registry, around),
    directory: through(registry, around),
    receipts: through(receipts, around),
    signer: through(signer, around),
    deliveries: through(
      {
        sendAll: async (all: readonly { owner: string; event: { id: string } }[]) => {
          for (const one of all) heard.set(`${one.owner} ${one.event.id}`, JSON.stringify(one));
        },
      },
      around,
    ),
  });

const common = {
  useCase: 'issue-receipts',
  state: ({ receipts, heard }: Told) => [[...receipts.kept], [...receipts.runs], [...heard.keys()].sort()],
  wait: (): void => undefined,
  // A later call has less to do: what matters is what is there in the end.
  answer: (): undefined => undefined,
};

const money = aMovement('T1');

export const receiptCases: readonly CrashCase<Told>[] = [
  {
    ...common,
    story: 'a paid invoice has its receipts',
    world: () => aWorldWith(paidInvoice()),
    call: (world, around) => issuing(paidInvoice().number, world, around),
  },
  {
    ...common,
    story: 'money that went back replaces them',
    world: async () => {
      const world = await aWorldWith(
        paidInvoice(undefined, { state: 'open', movements: withMovements(money, reversed(money)) }),
      );
      const { number } = paidInvoice();
      await issueReceipts([number], { ...world.dependencies, invoices: { findMany: async () => [paidInvoice()] } });
      return world;
    },
    call: (world, around) => issuing(paidInvoice().number, world, around),
  },
  {
    ...common,
    story: 'two persons found a tax code wrong, and a name',
    world: async () => {
      const world = await issued();
      const approved = { state: 'approved', decidedBy: 'clerk-minh', decidedAt: NOW } as const;
      const [phi, lePhi] = [...world.receipts.kept.values()];
      for (const [receipt, more] of [
        [phi, { kind: 'replacement', payer: { taxCode: '0100112437' } } as const],
        [lePhi, { kind: 'notice' } as const],
      ] as const)
        if (receipt)
          world.receipts.kept.set(receipt.receiptId, {
            ...receipt,
            corrections: [aCorrection({ ...approved, ...more })],
          });
      return world;
    },
    call: (world, around) => issuing(paidInvoice().number, world, around),
  },
  correcting(
    'one person says what is wrong',
    async () => undefined,
    (id, ports) =>
      proposeCorrection({ receiptId: id, payer: RIGHT, why: 'Ghi sai' }, LAN, 'a key of a correction', ports),
  ),
  correcting('another person approves', propose, (id, ports) =>
    approveCorrection({ receiptId: id, place: 1 }, MINH, ports),
  ),
  correcting('another person rejects', propose, (id, ports) =>
    rejectCorrection({ receiptId: id, place: 1, why: 'Đúng rồi' }, MINH, ports),
  ),
];

async function issued(): Promise<Told> {
  const world = await aWorldWith(paidInvoice());
  await world.issue(paidInvoice());
  return world;
}

const RIGHT = { taxCode: '0100112437' };
type Ports = Parameters<typeof approveCorrection>[2];
const noOrders = { sendAll: async () => undefined };

async function propose({ receipts, now }: Told, id: ReceiptId): Promise<void> {
  const command = { receiptId: id, payer: RIGHT, why: 'Ghi sai' };
  await proposeCorrection(command, LAN, 'a key of a correction', { receipts, now });
}

function correcting(
  story: string,
  before: (world: Told, id: ReceiptId) => Promise<unknown>,
  call: (id: ReceiptId, ports: Ports) => Promise<unknown>,
): CrashCase<Told> {
  const id = receiptId(paidInvoice().number, 1);
  return {
    ...common,
    useCase: 'correct-receipt',
    story,
    world: async () => {
      const world = await issued();
      await before(world, id);
      return world;
    },
    call: ({ receipts, now }, around) =>
      call(id, {
        receipts: through(receipts, around),
        receiptOrders: through(noOrders, around),
        audit: () => undefined,
        now,
      }),
  };
}
