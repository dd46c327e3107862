import { webhookSecretName } from '../../shared/domain/notification/webhook.ts';
import { accountBook } from '../../shared/domain/reconciliation/book-day.ts';
import type { Exception } from '../../shared/domain/reconciliation/exception.ts';
import type { MerchantAccount } from '../../shared/domain/registry/registry.ts';
import { terminalSecretName } from '../../shared/domain/registry/registry.ts';
import { closeDay } from '../../shared/usecases/close-day.ts';
import { sayProviderStatus } from '../../shared/usecases/provider-status.ts';
import { reconcileBankFile } from '../../shared/usecases/reconcile-bank-file.ts';
import { reconcileSettlementFile } from '../../shared/usecases/reconcile-settlement-file.ts';
import {
  originOf,
  type RegisterDependencies,
  registerAgency,
  registerClient,
  registerMerchantAccount,
} from '../../shared/usecases/register.ts';
import {
  registerWebhook,
  rotateWebhookSecret,
  type WebhookDependencies,
} from '../../shared/usecases/register-webhook.ts';
import { requestStatementUpload } from '../../shared/usecases/request-statement-upload.ts';
import { settleExceptions } from '../../shared/usecases/settle-exceptions.ts';
import { watchDeliveries } from '../../shared/usecases/watch-deliveries.ts';
import { DAY, fileOf, NOON } from '../domain/reconciliation/samples.ts';
import { type Around, type CrashCase, through } from '../dsl/crash-matrix.ts';
import { aWorld, callerOf, client, POLICE, type World } from '../dsl/world.ts';
import { ACCOUNT, BANK_BIN, everyone, type FinanceWorld, financeWorld, PROVIDER } from './finance-world.ts';
import { statementOf, transferOf } from './paper-statement.ts';

/** Cases of the crash matrix: what operators register, and the files of finance staff. */

const operator = callerOf(client('operator', { kind: 'operator', agencies: '*' }));
const landSystem = callerOf(client('land-system', { kind: 'agency' }));
const OWNER = 'client:land-system' as const;
const URL_OF_OWNER = 'https://hooks.example.gov.vn/in';

const wait = ({ clock }: { clock: { at: number } }, milliseconds: number): void => {
  clock.at += milliseconds;
};

const agency = { code: 'H30', name: { vi: 'Sở Thử', en: 'Test office' }, active: true };
const portal = client('new-portal');
const account: MerchantAccount = {
  id: 'police-new',
  providerId: 'bank-one',
  agencyCode: POLICE,
  beneficiary: 'fund',
  terminal: 'ONE-NEW',
  accountNumber: '1234567890',
  bankBin: '970415',
  active: true,
};

const registering = (
  story: string,
  call: (dependencies: RegisterDependencies) => Promise<unknown>,
  read: (world: World) => Promise<unknown>,
): CrashCase<World & { seen?: unknown }> => ({
  useCase: 'register',
  story,
  world: aWorld,
  call: async (world, around) => {
    const { registry, secrets } = world;
    const bank = { acceptsSecret: () => true };
    const answer = await call({
      registry: through(registry, around),
      secrets: through(secrets, around),
      providers: new Map([['bank-one', bank]]),
      now: world.now,
    });
    world.seen = await read(world);
    return answer;
  },
  state: ({ seen }) => seen,
  wait,
  answer: (answer) => (answer as { record: unknown }).record,
});

const origin = (path: string, body: unknown) => originOf(operator, 'key-1-long', path, body);

const webhookPorts = ({ registry, secrets, now }: World, around: Around): WebhookDependencies => ({
  registry: through(registry, around),
  secrets: through(secrets, around),
  refuseAddress: async () => undefined,
  randomBytes: (count) => new Uint8Array(count).fill(1),
  now,
});
const ofWebhook = (key: string) => originOf(landSystem, key, `webhooks/${OWNER}`, { url: URL_OF_OWNER });
const first = (world: World, around: Around, key: string) =>
  registerWebhook({ owner: OWNER, url: URL_OF_OWNER }, landSystem, ofWebhook(key), webhookPorts(world, around));

const webhook = (
  story: string,
  before: (world: World) => Promise<unknown>,
  call: (world: World, around: Around) => Promise<unknown>,
): CrashCase<World & { seen?: unknown }> => ({
  useCase: 'register-webhook',
  story,
  world: async () => {
    const world = aWorld();
    await before(world);
    return world;
  },
  call: async (world, around) => {
    const answer = await call(world, around);
    const secret = await world.secrets.read(webhookSecretName(OWNER));
    world.seen = [await world.registry.endpointOf(OWNER), JSON.parse(secret ?? 'null')];
    return answer;
  },
  state: ({ seen }) => seen,
  wait,
  answer: (answer) => (answer as { endpoint: unknown }).endpoint,
});

const straight: Around = (_, call) => call();

const statusOfAProvider: CrashCase<World & { seen?: unknown }> = {
  useCase: 'provider-status',
  story: 'a provider is switched off, and it is kept once who did so',
  world: aWorld,
  call: async (world, around) => {
    const { registry, providers, now } = world;
    const said = { state: 'switched_off', reason: 'The contract has ended.' } as const;
    const called = origin('providers/bank-one/status', said);
    const ports = { registry: through(registry, around), providers, now };
    const answer = await sayProviderStatus('bank-one', said, operator, called, ports);
    // When it was said is when it was first written, which differs with when the call came through.
    const shown = ({ changedAt: _, ...rest }: typeof answer.record) => rest;
    const [status, changes] = [await registry.providerStatus('bank-one'), await registry.providerChanges('bank-one')];
    world.seen = [status && shown(status), changes.map(shown)];
    return shown(answer.record);
  },
  state: ({ seen }) => seen,
  wait,
};

const announcing: CrashCase<FinanceWorld> = {
  useCase: 'request-statement-upload',
  story: 'a file of a day',
  world: financeWorld,
  call: (world, around) => {
    const { statements, files, registry, ...pure } = world.dependencies;
    return requestStatementUpload({ providerId: PROVIDER, businessDate: DAY }, everyone, 'key-00001', {
      statements: through(statements, around),
      files: through(files, around),
      registry: through(registry, around),
      ...pure,
    });
  },
  state: (world) => world.state(),
  wait,
  answer: (answer) => (answer as { statement: unknown }).statement,
};

const CHECKER = { ...everyone, subject: 'clerk-8' };

const approving: CrashCase<{ world: FinanceWorld; place: Exception }> = {
  useCase: 'settle-exceptions',
  story: 'a write-off that another person approves',
  world: async () => {
    const world = financeWorld();
    world.closes('land-shared');
    await world.record(transferOf('FT1', { paidAt: NOON, committedAt: NOON + 1000, accountingDate: DAY }));
    await world.takeIn(statementOf([{ reference: 'FT1', amount: 135_500, day: DAY }], { day: DAY }), 'key-00001');
    const [place] = world.work.contents().exceptions;
    if (!place) throw new Error('nothing differs');
    const work = {
      action: 'propose' as const,
      resolution: { kind: 'write-off' as const },
      reason: 'bank_error' as const,
    };
    await settleExceptions([place], work, everyone, 'key-00002', world.dependencies);
    return { world, place };
  },
  call: async ({ world, place }, around) => {
    const { desk, decisions, corrections, registry } = world.dependencies;
    const [settled] = await settleExceptions([place], { action: 'approve' }, CHECKER, 'key-00003', {
      ...world.dependencies,
      desk: through(desk, around),
      decisions: through(decisions, around),
      corrections: through(corrections, around, ['ofDay', 'ofDayAfter', 'entries']),
      registry: through(registry, around),
    });
    return settled;
  },
  state: ({ world }) => ({
    states: world.work.contents().exceptions.map(({ state }) => state),
    decided: world.state().decisions,
    corrections: world.journal
      .entries()
      .filter(({ kind }) => kind === 'correction')
      .map(({ lines }) => lines),
  }),
  wait: ({ world }, milliseconds) => wait(world, milliseconds),
  answer: (settled) => (settled as { kind: string } | undefined)?.kind,
};

const closing: CrashCase<FinanceWorld> = {
  useCase: 'close-day',
  story: 'a day as it was seen',
  world: async () => {
    const world = financeWorld();
    await world.takeIn(statementOf([], { day: DAY }), 'key-00001');
    return world;
  },
  call: async (world, around) => {
    const { days, registry } = world.dependencies;
    const sha256 = (await world.days.find(BOOK, DAY))?.run?.sha256 ?? null;
    const ports = { ...world.dependencies, days: through(days, around), registry: through(registry, around) };
    return closeDay({ book: BOOK, day: DAY, sha256 }, everyone, ports);
  },
  state: (world) => world.days.contents().map(({ closedAt: _, ...day }) => day),
  wait,
};
const BOOK = accountBook(BANK_BIN, ACCOUNT);

type Arrived = { world: FinanceWorld; file: Parameters<typeof reconcileSettlementFile>[0] };

const reconciling = (story: string, content: string): CrashCase<Arrived> => ({
  useCase: 'reconcile-settlement-file',
  story,
  world: async () => {
    const world = financeWorld();
    const { file } = await world.upload(content);
    return { world, file };
  },
  call: async ({ world, file }, around) => {
    const { statements, files, registry, journal, exceptions, results, days, deliveries, ...pure } = world.dependencies;
    await reconcileSettlementFile(file, {
      ...pure,
      statements: through(statements, around),
      files: through(files, around),
      registry: through(registry, around),
      journal: through(journal, around, ['ofDay']),
      exceptions: through(exceptions, around, ['ofDay']),
      results: through(results, around),
      days: through(days, around),
      deliveries: through(deliveries, around),
    });
  },
  state: ({ world }) => world.state(),
  wait: ({ world }, milliseconds) => wait(world, milliseconds),
});

const bankStatement: CrashCase<Arrived> = {
  useCase: 'reconcile-bank-file',
  story: 'a statement with a credit of ours, and one that nobody knows',
  world: async () => {
    const world = financeWorld();
    await world.record(transferOf('FT1', { paidAt: NOON, committedAt: NOON + 1000, accountingDate: DAY }));
    const lines = ['FT1', 'FT2'].map((reference) => ({ reference, amount: 135_000, day: DAY }));
    return { world, file: (await world.uploadBank(statementOf(lines, { day: DAY }), 'key-00001')).file };
  },
  call: async ({ world, file }, around) => {
    const { statements, files, registry, journal, exceptions, lines, runs, days, summaries, decisions } =
      world.dependencies;
    await reconcileBankFile(file, {
      ...world.dependencies,
      statements: through(statements, around),
      files: through(files, around),
      registry: through(registry, around),
      journal: through(journal, around, ['ofDay']),
      exceptions: through(exceptions, around),
      lines: through(lines, around),
      runs: through(runs, around, ['lines']),
      days: through(days, around),
      summaries: through(summaries, around),
      decisions: through(decisions, around),
    });
  },
  // Each run says when it looked, so a run that was done again has a name of its own; what it came to is the same.
  state: ({ world }) => {
    const { work, days } = world.state();
    return {
      ...work,
      exceptions: work.exceptions.map(({ openedAt: _, ...exception }) => exception),
      days: days.map(({ run, ...day }) => ({ ...day, totals: run?.totals })),
    };
  },
  wait: ({ world }, milliseconds) => {
    world.clock.at += milliseconds;
  },
};

const missing: CrashCase<FinanceWorld> = {
  useCase: 'watch-deliveries',
  story: 'a bank’s and a provider’s files that were due and did not come',
  world: async () => {
    const world = financeWorld();
    await watchDeliveries(world.dependencies);
    world.clock.at += 4 * 86_400_000;
    return world;
  },
  call: (world, around) => {
    const { deliveries, days, statements, registry, exceptions } = world.dependencies;
    return watchDeliveries({
      ...world.dependencies,
      deliveries: through(deliveries, around),
      days: through(days, around),
      statements: through(statements, around),
      registry: through(registry, around),
      exceptions: through(exceptions, around),
    });
  },
  state: (world) => ({
    open: world.open(),
    deliveries: world.dependencies.deliveries.contents(),
  }),
  wait,
};

// biome-ignore lint/suspicious/noExplicitAny: each case has a world of its own, and gives and takes no other.
export const recordCases: readonly CrashCase<any>[] = [
  statusOfAProvider,
  missing,
  registering(
    'an agency',
    (ports) => registerAgency(agency, origin('agencies', agency), ports),
    ({ registry }) => registry.agency(agency.code),
  ),
  registering(
    'a client',
    (ports) => registerClient(portal, origin('clients', portal), ports),
    ({ registry }) => registry.client(portal.id),
  ),
  registering(
    'an account at a new terminal',
    (ports) => registerMerchantAccount(account, { secret: 'the new key' }, origin('accounts', account), ports),
    async ({ registry, secrets }) => [
      await registry.merchantAccount(account.id),
      await registry.accountsAtTerminal(account.providerId, account.terminal),
      await secrets.current(terminalSecretName(account.providerId, account.terminal)),
    ],
  ),
  webhook(
    'the first registration',
    async () => undefined,
    (world, around) => first(world, around, 'key-1-long'),
  ),
  webhook(
    'a rotation',
    (world) => first(world, straight, 'key-0-long'),
    (world, around) => rotateWebhookSecret(OWNER, landSystem, ofWebhook('key-1-long'), webhookPorts(world, around)),
  ),
  announcing,
  reconciling('a file with differences', fileOf()),
  reconciling('a file that is refused', `${fileOf()}x`),
  bankStatement,
  approving,
  closing,
];
