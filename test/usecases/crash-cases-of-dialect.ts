import { confirmDvcqg } from '../../functions/notify-agency/confirm-dvcqg.ts';
import type { ProviderRequest } from '../../shared/domain/payment/provider.ts';
import type { ProviderCaller } from '../../shared/domain/payment/provider-caller.ts';
import { DIALECT_CONFIRM, type DialectConnection, dialectSecretName } from '../../shared/domain/registry/dialect.ts';
import { terminalSecretName } from '../../shared/domain/registry/registry.ts';
import { confirmPortal } from '../../shared/usecases/confirm-portal.ts';
import { placeDialectOrder } from '../../shared/usecases/dialect-order.ts';
import { registerDialect } from '../../shared/usecases/register-dialect.ts';
import { type CrashCase, through } from '../dsl/crash-matrix.ts';
import { aCounter, DOSSIER, numberKey, PERMIT, QUOTE_KEY } from '../dsl/invoicing.ts';
import { nobody } from '../dsl/paper-bank.ts';
import { aWorld, LAND, LAND_AT_ONE, NOW, PORTAL, type World } from '../dsl/world.ts';
import { standing } from '../fakes/memory-states.ts';

/** Cases of the crash matrix: portals that speak the national platform's words. */

const connection: DialectConnection = {
  secret: 'fakeDialectSecret0001',
  algorithm: 'sha256',
  providerId: 'bank-one',
  returnUrl: 'https://portal.example.gov.vn/ket-qua',
  confirmUrl: 'https://portal.example.gov.vn/confirm',
};

type Counter = ReturnType<typeof aCounter>;

const ordering: CrashCase<Counter> = {
  useCase: 'dialect-order',
  story: 'a portal repeats its INIT',
  world: async () => aCounter(),
  call: ({ dependencies, quoting, world }, around) => {
    const placed = { reference: 'dvc-0001', time: '20261120120000', placedAt: NOW, amount: 50_000 };
    const of = { agencyCode: LAND, dossierCode: DOSSIER, procedureCode: PERMIT, accountNumber: '1234567890' };
    return placeDialectOrder(
      { ...placed, ...of, payer: { name: 'Nguyễn Thị Mẫu' }, payerIp: '203.0.113.7', message: placed, facts: {} },
      connection,
      PORTAL,
      {
        ...dependencies,
        invoices: through(world.invoices, around),
        dossiers: through(world.dossiers, around),
        dueDays: through(world.dueDays, around),
        registry: through(world.registry, around),
        secrets: through(world.secrets, around),
        procedure: quoting.procedure,
        providers: world.providers,
        caller: nobody,
        ...standing(world.now),
        quoteKey: QUOTE_KEY,
        numberKeys: [numberKey(1)],
        hashKeys: [numberKey(1).key],
      },
    );
  },
  state: ({ world }) => ({
    invoices: world.invoices
      .items()
      .flatMap((item) => (item.kind === 'invoice' ? [[item.invoice.number, item.invoice.attempts.length]] : [])),
    place: world.dossiers.holderOf({ agencyCode: LAND, dossierCode: DOSSIER, procedureCode: PERMIT }),
  }),
  // A payment runs out after a quarter of an hour; until then it is the same page.
  wait: ({ world }, milliseconds) => {
    world.clock.at += milliseconds;
  },
  answer: (answer) => (answer as { invoice: { number: string } }).invoice.number,
};

const registering: CrashCase<World> = {
  useCase: 'register-dialect',
  story: 'an operator repeats the call',
  world: async () => aWorld(),
  call: ({ registry, secrets, providers }, around) =>
    registerDialect(
      'portal',
      connection,
      { keyHash: 'k', bodyHash: 'b' },
      {
        registry: through(registry, around),
        secrets: through(secrets, around),
        providers,
        refuseAddress: async () => undefined,
      },
    ),
  state: ({ secrets }) => secrets.written,
  wait: () => {},
};

const taken = new WeakMap<World, Set<string>>();

const confirming: CrashCase<World> = {
  useCase: 'confirm-portal',
  story: 'a portal takes a CONFIRM by its words',
  world: async () => {
    const world = aWorld();
    await world.secrets.write(dialectSecretName('portal'), JSON.stringify(connection), 'test');
    await world.secrets.write(terminalSecretName('bank-one', LAND_AT_ONE), 'key', 'test');
    taken.set(world, new Set());
    return world;
  },
  call: (world, around) => {
    const caller: ProviderCaller = {
      call: async ({ body }: ProviderRequest) => {
        taken.get(world)?.add(body);
        return { kind: 'answered', response: { status: 200, body: Buffer.from('{"MaLoi":"00"}') } };
      },
    };
    const data = {
      reference: 'dvc-0001',
      amount: 50_000,
      transactionId: 'T',
      bank: 'b',
      dossierCode: 'd',
      paidAt: NOW,
    };
    return confirmPortal(
      { owner: 'client:portal', event: { id: 'evt_480213567890_paid_dvcqg', type: DIALECT_CONFIRM, data } },
      { secrets: through(world.secrets, around), caller: through(caller, around), words: confirmDvcqg },
    );
  },
  state: (world) => [...(taken.get(world) ?? [])],
  wait: () => {},
};

export const dialectCases = [ordering, registering, confirming] as unknown as readonly CrashCase<unknown>[];
