import { publishChange } from '../../shared/usecases/publish-change.ts';
import { anInvoice, NUMBER } from '../dsl/given.ts';
import { aWorld, NOW } from '../dsl/world.ts';
import { MemoryEndpoints } from '../fakes/memory-endpoints.ts';
import { MemoryReplays } from '../fakes/memory-replays.ts';

/** A paid and published invoice of the small country. */
export async function paidWorld() {
  const world = aWorld();
  anInvoice('paid')(world);
  const invoice = await world.invoices.find(NUMBER);
  if (!invoice) throw new Error('no invoice');
  const dependencies = {
    ...{ journal: world.journal, watermark: world.feed, late: world.feed, now: world.now },
    ...{ invoices: world.invoices, directory: world.registry, deliveries: world.deliveries },
    ...{ blocked: new MemoryEndpoints(), replays: new MemoryReplays() },
  };
  const before = { kind: 'invoice' as const, invoice: { ...invoice, movements: {}, version: invoice.version - 1 } };
  await publishChange(
    { before, after: { kind: 'invoice', invoice }, at: NOW },
    { ...dependencies, exceptions: world.work, receiptOrders: world.receiptOrders },
  );
  const told = world.deliveries.take();
  return { world, dependencies, told };
}
