import type { ProposalId } from '../../shared/domain/audit/proposal.ts';
import {
  approveProposal,
  type ChangeDependencies,
  changeRecord,
  rejectProposal,
} from '../../shared/usecases/change-registry.ts';
import { keepRecords } from '../../shared/usecases/keep-records.ts';
import { originOf, registerAgency } from '../../shared/usecases/register.ts';
import { type Around, type CrashCase, through } from '../dsl/crash-matrix.ts';
import { aCallback, anAct, aRead } from '../dsl/log-records.ts';
import { aWorld, callerOf, client, type World } from '../dsl/world.ts';
import { MemoryAudit } from '../fakes/memory-audit.ts';
import { MemoryLogbook } from '../fakes/memory-logbook.ts';

/** Cases of the crash matrix: changes of the registry by one person and by two. */

type Desk = World & { audit: MemoryAudit; seen?: unknown };
const AGENCY = { name: { vi: 'Sở Thử', en: 'Test office' }, active: true };
const SUBJECT = { kind: 'agencies', id: 'H30' } as const;
const person = (name: string) => ({
  ...callerOf(client('operator', { kind: 'operator', agencies: '*' })),
  subject: name,
});
const [ONE, TWO] = [person('person one'), person('person two')];

const aDesk = (): Desk => ({ ...aWorld(), audit: new MemoryAudit() });

function dependenciesOf(
  { registry, secrets, audit, now }: Desk,
  around: Around,
  fourEyes: boolean,
): ChangeDependencies {
  const ports = { registry: through(registry, around), secrets, providers: new Map(), now };
  return {
    kinds: {
      agencies: {
        read: (code) => ports.registry.agency(code),
        apply: (code, _, __, origin, fits) => registerAgency({ code, ...AGENCY }, origin, ports, fits),
      },
    },
    proposals: through(audit, around),
    audit: through(audit, around),
    seal: { seal: async (secret) => secret, open: async (sealed) => sealed },
    ...{ fourEyes, now },
  };
}

const ask = (desk: Desk, around: Around, fourEyes: boolean) =>
  changeRecord(
    {
      ...{ subject: SUBJECT, body: AGENCY, caller: ONE, idempotencyKey: 'key-one-x' },
      origin: originOf(ONE, 'key-one-x', 'agencies/H30', AGENCY),
    },
    dependenciesOf(desk, around, fourEyes),
  );

const deciding = (
  story: string,
  decide: (id: ProposalId, dependencies: ChangeDependencies) => Promise<unknown>,
): CrashCase<Desk> => ({
  ...common,
  story,
  world: async () => {
    const desk = aDesk();
    await ask(desk, (_, call) => call(), true);
    return desk;
  },
  call: (desk, around) => decide([...desk.audit.proposals.keys()][0] as ProposalId, dependenciesOf(desk, around, true)),
});

const common = {
  useCase: 'change-registry',
  // A person who asks twice is written down twice; what came of it once.
  state: ({ audit }: Desk) => [
    [...audit.proposals.values()],
    [...new Set(audit.acts.map(({ act, by }) => `${act} ${by}`))],
  ],
  wait: ({ clock }: Desk, milliseconds: number): void => {
    clock.at += milliseconds;
  },
  answer: (): undefined => undefined,
};

/** When it was decided is when it was; a later call of the same person does not move it. */
const withoutInstants = (state: unknown): unknown =>
  JSON.parse(
    JSON.stringify(state, (name, value: unknown) => (name === 'decidedAt' || name === 'proposedAt' ? 0 : value)),
  );

export const auditCases: readonly CrashCase<Desk>[] = [
  {
    ...common,
    story: 'one person changes an agency',
    world: aDesk,
    call: (desk: Desk, around: Around) => ask(desk, around, false),
  },
  {
    ...common,
    story: 'one person proposes a change',
    world: aDesk,
    call: (desk: Desk, around: Around) => ask(desk, around, true),
  },
  deciding('another person approves it', (id, dependencies) => approveProposal(id, TWO, dependencies)),
  deciding('another person rejects it', (id, dependencies) => rejectProposal(id, TWO, dependencies)),
].map((one) => ({ ...one, state: (desk: Desk) => withoutInstants(one.state(desk)) }));

const LINES = [aRead(), anAct(), aCallback(), aCallback()];

/** Records of log lines: a batch that is handed over again keeps nothing twice. */
export const logbookCases: readonly CrashCase<{ logbook: MemoryLogbook }>[] = [
  {
    useCase: 'keep-records',
    story: 'a batch of log lines',
    world: () => ({ logbook: new MemoryLogbook() }),
    call: ({ logbook }, around) =>
      keepRecords(
        LINES.map((record) => JSON.stringify(record)),
        { logbook: through(logbook, around) },
      ),
    state: ({ logbook }) => [[...logbook.reads], [...logbook.acts], [...logbook.kept]].map((book) => book.sort()),
    wait: () => undefined,
  },
];
