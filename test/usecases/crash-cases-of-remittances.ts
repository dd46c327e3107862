import type { RemittanceId } from '../../shared/domain/remittance/remittance.ts';
import { addDays } from '../../shared/domain/time.ts';
import { confirmRemittance } from '../../shared/usecases/confirm-remittance.ts';
import { decideRemittance } from '../../shared/usecases/decide-remittance.ts';
import { exportRemittance } from '../../shared/usecases/export-remittance.ts';
import { followRemittances } from '../../shared/usecases/follow-remittances.ts';
import { proposeRemittance } from '../../shared/usecases/propose-remittance.ts';
import { DAY } from '../domain/reconciliation/samples.ts';
import { type Around, type CrashCase, through } from '../dsl/crash-matrix.ts';
import { BOOK, checker, maker, type RemittanceWorld, remittanceWorld } from './remittance-world.ts';

/** Cases of the crash matrix: money is paid on. */

type Paying = { world: RemittanceWorld; id: RemittanceId; sha256: string; orderId: string };
type Until = 'due' | 'proposed' | 'approved' | 'paid' | 'returned';
const NEXT = addDays(DAY, 3);
const AFTER = addDays(DAY, 4);

async function paying(until: Until): Promise<Paying> {
  const world = await remittanceWorld();
  const { transactionId } = await world.paid([{ kind: 'le_phi', amount: 70_000 }], { by: 'transfer' });
  await world.stated(DAY, [{ reference: transactionId, amount: 70_000 }]);
  const { sha256 } = await world.due();
  const there: Paying = { world, id: 'rem_970415_1234567890_1', sha256, orderId: '' };
  if (until === 'due') return there;
  await world.proposed();
  if (until === 'proposed') return there;
  await world.decided(there.id, 'approve');
  if (until === 'approved') return there;
  there.orderId = (await world.exported(there.id)).orders[0]?.orderId ?? '';
  await world.stated(NEXT, [{ reference: 'OUT1', amount: -70_000, text: there.orderId }]);
  if (until === 'paid') return there;
  await world.confirmed(there.id);
  await world.stated(AFTER, [{ reference: 'BACK1', amount: 70_000, text: there.orderId }]);
  return there;
}

const portsOf = ({ world: { dependencies } }: Paying, around: Around) => ({
  ...dependencies,
  remittances: through(dependencies.remittances, around),
  contents: through(dependencies.contents, around),
  files: through(dependencies.files, around, ['lines']),
  lists: through(dependencies.files, around, ['lines']),
  runs: through(dependencies.runs, around, ['lines']),
  days: through(dependencies.days, around),
  invoices: through(dependencies.invoices, around),
  beneficiaries: through(dependencies.beneficiaries, around),
  registry: through(dependencies.registry, around),
  journal: through(dependencies.journal, around, ['ofDay', 'followersOfDay']),
});

function caseOf(
  useCase: string,
  story: string,
  until: Until,
  call: (there: Paying, ports: ReturnType<typeof portsOf>) => Promise<unknown>,
): CrashCase<Paying> {
  return {
    useCase,
    story,
    world: () => paying(until),
    call: (there, around) => call(there, portsOf(there, around)),
    // How often a batch was written is told by nobody: what died behind a write writes once more.
    state: ({ world: { remittances, files, journal } }) => ({
      remittances: JSON.parse(
        JSON.stringify(remittances.contents(), (name, value) => (name === 'version' ? 0 : value)),
      ),
      files: Object.keys(files.contents()),
      journal: journal.entries().filter(({ kind }) => kind === 'remittance'),
    }),
    wait: ({ world: { clock } }, milliseconds) => {
      clock.at += milliseconds;
    },
  };
}

export const remittanceCases = [
  caseOf('propose-remittance', 'what is due is proposed', 'due', ({ sha256 }, ports) =>
    proposeRemittance({ book: BOOK, sha256 }, maker, 'key-crash-1', ports),
  ),
  caseOf('decide-remittance', 'another person approves', 'proposed', ({ id, sha256 }, ports) =>
    decideRemittance(id, { action: 'approve', sha256 }, checker, 'key-crash-1', ports),
  ),
  caseOf('decide-remittance', 'it is rejected', 'proposed', ({ id }, ports) =>
    decideRemittance(id, { action: 'reject', reason: 'sai' }, checker, 'key-crash-1', ports),
  ),
  caseOf('export-remittance', 'the files are made', 'approved', ({ id }, ports) =>
    exportRemittance(id, maker, 'key-crash-1', ports),
  ),
  caseOf('confirm-remittance', 'the statement shows the debit', 'paid', ({ id }, ports) =>
    confirmRemittance(id, maker, 'key-crash-1', ports),
  ),
  caseOf('confirm-remittance', 'the statement shows that it came back', 'returned', ({ id }, ports) =>
    confirmRemittance(id, maker, 'key-crash-1', ports),
  ),
  caseOf('follow-remittances', 'the clock sees the debit', 'paid', (_, ports) =>
    followRemittances(ports, (_book, error) => {
      throw error;
    }),
  ),
  caseOf('follow-remittances', 'the clock sees that it came back', 'returned', (_, ports) =>
    followRemittances(ports, (_book, error) => {
      throw error;
    }),
  ),
] as const;
