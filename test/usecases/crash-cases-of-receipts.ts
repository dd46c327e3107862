import type { InvoiceNumber } from '../../shared/domain/invoice/number.ts';
import { issueReceipts } from '../../shared/usecases/issue-receipts.ts';
import { type CrashCase, through } from '../dsl/crash-matrix.ts';
import { aMovement, aReceiptWorld, paidInvoice, type ReceiptWorld, reversed, withMovements } from '../dsl/receipts.ts';

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
];
