import { invoiceId } from '../../shared/domain/invoice/number.ts';
import type { CounterSlip } from '../../shared/domain/payment/counter.ts';
import type { MovementId } from '../../shared/domain/payment/movement.ts';
import type { Caller } from '../../shared/domain/registry/caller.ts';
import { type CounterDependencies, recordCounterPayment } from '../../shared/usecases/record-counter-payment.ts';
import {
  approveCounterReversal,
  proposeCounterReversal,
  type ReverseDependencies,
  rejectCounterReversal,
} from '../../shared/usecases/reverse-counter-payment.ts';
import { type Around, type CrashCase, through } from '../dsl/crash-matrix.ts';
import { NUMBER } from '../dsl/given.ts';
import { aWorld, client, invoiceOf, NOW, TOTAL, type World } from '../dsl/world.ts';

/** Cases of the crash matrix: payments at the desk, and what two persons decide of them. */

const clerk = (subject: string): Caller => ({
  clientId: 'desk',
  subject,
  client: client('desk', { kind: 'agency' }),
});
const LAN = clerk('clerk-lan');
const MINH = clerk('clerk-minh');
const slip: CounterSlip = { method: 'cash', receipt: { symbol: '01AA/26P', number: '0000123' }, desk: 'quay-01' };

const straight: Around = (_, call) => call();
const ports = ({ invoices, now }: World, around: Around): CounterDependencies & ReverseDependencies => ({
  invoices: through(invoices, around),
  audit: () => undefined,
  now,
});
const record = (world: World, around: Around, amount = TOTAL) =>
  recordCounterPayment({ invoiceId: invoiceId(NUMBER), amount, slip }, LAN, 'a key of the desk', ports(world, around));
const taken = ({ invoices }: World) => {
  const item = invoices.at(NUMBER);
  const [id] = item?.kind === 'invoice' ? Object.keys(item.invoice.movements) : [];
  return { invoiceId: invoiceId(NUMBER), counterPaymentId: id as MovementId };
};
const propose = (world: World, around: Around) =>
  proposeCounterReversal(
    { ...taken(world), reason: 'WRONG_AMOUNT' },
    LAN,
    'a key of the proposal',
    ports(world, around),
  );

function atDesk(
  useCase: string,
  story: string,
  before: (world: World) => Promise<unknown>,
  call: (world: World, around: Around) => Promise<unknown>,
  choices: { parts?: 'accumulate' } = {},
): CrashCase<World> {
  return {
    useCase,
    story,
    world: async () => {
      const world = aWorld();
      world.invoices.place(invoiceOf(NUMBER, { expiresAt: NOW + 24 * 60 * 60_000, choices }));
      await before(world);
      return world;
    },
    call,
    state: (world) => ({ items: world.invoices.items(), work: world.work.contents() }),
    wait: ({ clock }, milliseconds) => {
      clock.at += milliseconds;
    },
    answer: (answer) => (answer as { movement: unknown }).movement,
  };
}

const nothing = async () => undefined;
const proposed = async (world: World) => {
  await record(world, straight);
  await propose(world, straight);
};

export const deskCases: readonly CrashCase<World>[] = [
  atDesk('record-counter-payment', 'what is due', nothing, record),
  atDesk('record-counter-payment', 'a part', nothing, (world, around) => record(world, around, 8_000 as never), {
    parts: 'accumulate',
  }),
  atDesk('reverse-counter-payment', 'one person proposes', (world) => record(world, straight), propose),
  atDesk('reverse-counter-payment', 'another one approves', proposed, (world, around) =>
    approveCounterReversal(taken(world), MINH, ports(world, around)),
  ),
  atDesk('reverse-counter-payment', 'another one lets it stand', proposed, (world, around) =>
    rejectCounterReversal(taken(world), MINH, ports(world, around)),
  ),
];
