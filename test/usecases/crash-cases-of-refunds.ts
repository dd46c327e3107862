import { invoiceId } from '../../shared/domain/invoice/number.ts';
import { dong } from '../../shared/domain/money/dong.ts';
import type { RefundId } from '../../shared/domain/refund/refund.ts';
import { approveRefund, rejectRefund, withdrawRefund } from '../../shared/usecases/decide-refund.ts';
import { makeReturnOrders } from '../../shared/usecases/make-return-orders.ts';
import { requestRefund } from '../../shared/usecases/request-refund.ts';
import { decideReturn, reportReturn } from '../../shared/usecases/return-by-hand.ts';
import { sendRefund } from '../../shared/usecases/send-refund.ts';
import { takeUpRefunds } from '../../shared/usecases/take-up-refunds.ts';
import { watchRefunds } from '../../shared/usecases/watch-refunds.ts';
import { type Around, type CrashCase, through } from '../dsl/crash-matrix.ts';
import { NUMBER } from '../dsl/given.ts';
import {
  ACCOUNT,
  aRefundWorld,
  DECISION,
  HOA,
  LAN,
  MINH,
  paidInvoice,
  RefundingBank,
  type RefundWorld,
} from '../dsl/refunding.ts';

/** Cases of the crash matrix: refunds, from the request to the money. */

const theRefund = (world: RefundWorld): RefundId =>
  Object.keys(world.invoice().refunding?.refunds ?? {})[0] as RefundId;

const ask = (world: RefundWorld, around: Around) =>
  requestRefund(
    { invoiceId: invoiceId(NUMBER), amount: dong(40_000), reason: 'EXEMPTION_GRANTED', decision: DECISION },
    LAN,
    'a key of a refund',
    world.dependencies(around),
  );

const requested = async (world: RefundWorld) => void (await world.ask({ amount: dong(40_000) }));
const approved = async (world: RefundWorld) => {
  await requested(world);
  await world.approve(theRefund(world));
};
const byHand = async (world: RefundWorld) => {
  await requested(world);
  await world.approve(theRefund(world), MINH, 'treasury');
};
const reported = async (world: RefundWorld) => {
  await byHand(world);
  await world.report({ refundId: theRefund(world), outcome: 'transferred', account: ACCOUNT });
};

function refunding(
  useCase: string,
  story: string,
  before: (world: RefundWorld) => Promise<unknown>,
  call: (world: RefundWorld, around: Around) => Promise<unknown>,
  bank: () => RefundingBank = () => new RefundingBank(),
): CrashCase<RefundWorld> {
  return {
    useCase,
    story,
    world: async () => {
      const world = aRefundWorld(paidInvoice(), bank());
      await before(world);
      return world;
    },
    call,
    state: (world) => ({
      items: world.invoices.items(),
      work: world.work.contents(),
      books: [...world.bank.books],
      waiting: [...new Set(world.refunds.look())],
    }),
    wait: ({ clock }, milliseconds) => {
      clock.at += milliseconds;
    },
    answer: (answer) => (answer as { refund?: unknown } | undefined)?.refund,
  };
}

const send = (world: RefundWorld, around: Around) => sendRefund(theRefund(world), world.sending(around));
const decided = (verb: 'approve' | 'reject' | 'withdraw') => (world: RefundWorld, around: Around) => {
  const dependencies = world.dependencies(around);
  const refundId = theRefund(world);
  if (verb === 'approve') return approveRefund({ refundId, moneyAt: 'provider' }, MINH, dependencies);
  if (verb === 'reject') return rejectRefund({ refundId, why: 'Thiếu quyết định' }, MINH, dependencies);
  return withdrawRefund(refundId, LAN, dependencies);
};

export const refundCases: readonly CrashCase<RefundWorld>[] = [
  refunding('request-refund', 'of a part', async () => undefined, ask),
  refunding('decide-refund', 'another person orders it', requested, decided('approve')),
  refunding('decide-refund', 'another person rejects it', requested, decided('reject')),
  refunding('decide-refund', 'whoever asked withdraws it', requested, decided('withdraw')),
  refunding('send-refund', 'the bank gives it back', approved, send),
  refunding('send-refund', 'the bank gives it back, and can be asked', approved, send, () => new RefundingBank(true)),
  refunding('send-refund', 'the bank refuses', approved, send, () => {
    const bank = new RefundingBank();
    bank.moods = ['refused', 'refused'];
    return bank;
  }),
  refunding('return-by-hand', 'one person reports', byHand, (world, around) =>
    reportReturn(
      { refundId: theRefund(world), outcome: 'transferred', document: DECISION, account: ACCOUNT },
      LAN,
      'a key of a report',
      world.dependencies(around),
    ),
  ),
  refunding('return-by-hand', 'another one confirms', reported, (world, around) =>
    decideReturn({ refundId: theRefund(world), confirmed: true }, MINH, world.dependencies(around)),
  ),
  refunding('return-by-hand', 'another one sends it back', reported, (world, around) =>
    decideReturn({ refundId: theRefund(world), confirmed: false }, MINH, world.dependencies(around)),
  ),
  refunding(
    'make-return-orders',
    'of two returns by hand',
    async (world) => {
      for (const key of ['key of one', 'key of two']) {
        const { refund } = await world.ask({ amount: dong(40_000), account: ACCOUNT }, { key });
        await world.approve(refund.refundId, MINH, 'treasury');
      }
      await world.watch();
    },
    (world, around) =>
      makeReturnOrders({}, HOA, 'a key of orders', {
        ...world.dependencies(around),
        list: through(world.list, around),
        registry: through(world.registry, around),
      }),
  ),
  refunding('watch-refunds', 'one that was approved', approved, async ({ invoices, list, refunds }, around) => {
    for (const change of invoices.changes)
      await watchRefunds(change, { refunds: through(refunds, around), list: through(list, around) });
  }),
  refunding(
    'take-up-refunds',
    'one that nobody gave back in time',
    async (world) => {
      await approved(world);
      await world.watch();
      world.refunds.take();
      world.clock.at += 7 * 24 * 60 * 60_000;
    },
    (world, around) => takeUpRefunds(world.takingUp(around)),
  ),
];
