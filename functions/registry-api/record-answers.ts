import * as api from '../../shared/api/registry.ts';
import type { ProviderStatus } from '../../shared/domain/payment/availability.ts';
import type { ProviderId } from '../../shared/domain/payment/provider.ts';
import { notFound } from '../../shared/domain/refusal.ts';
import type { RegistryReader } from '../../shared/domain/registry/book.ts';
import { formatInstant, vietnamDay } from '../../shared/domain/time.ts';
import { answering } from '../../shared/runtime/http.ts';
import { log } from '../../shared/runtime/log.ts';
import { registerBeneficiary } from '../../shared/usecases/beneficiaries.ts';
import { readProviderStatus, sayProviderStatus } from '../../shared/usecases/provider-status.ts';
import { originOf, registerAgency, registerClient, registerMerchantAccount } from '../../shared/usecases/register.ts';
import { registerDialect } from '../../shared/usecases/register-dialect.ts';
import { dependencies } from './dependencies.ts';

const registry: RegistryReader = dependencies.registry;

function found<T>(record: T | undefined): { status: number; body: T } {
  if (!record) throw notFound();
  return { status: 200, body: record };
}

function changed<T>(what: string, id: string, { record, replayed }: { record: T; replayed: boolean }) {
  if (!replayed) log.info('record changed', { what, id });
  return { status: 200, body: record, replayed };
}

/** Only those through which citizens pay. */
const statusDependencies = { ...dependencies, providers: dependencies.payable };

function presentSaid({ state, outage }: Pick<ProviderStatus, 'state' | 'outage'>) {
  if (!outage) return { state };
  const { from, until, words } = outage;
  return { state, outage: { from: formatInstant(from), until: formatInstant(until), words } };
}

async function presentStatus(providerId: ProviderId) {
  const { status, changes } = await readProviderStatus(providerId, statusDependencies);
  return {
    providerId,
    ...presentSaid(status ?? { state: 'available' }),
    changes: changes.map(({ reason, changedBy, changedAt, ...said }) => ({
      ...presentSaid(said),
      reason,
      changedBy,
      changedAt: formatInstant(changedAt),
    })),
  };
}

export const recordAnswers = [
  answering(api.getAgency, async ({ params }) => found(await registry.agency(params.code))),
  answering(api.getClient, async ({ params }) => found(await registry.client(params.id))),
  answering(api.getMerchantAccount, async ({ params }) => found(await registry.merchantAccount(params.id))),

  answering(api.putAgency, async ({ params: { code }, body, caller, idempotencyKey }) => {
    const origin = originOf(caller, idempotencyKey, `agencies/${code}`, body);
    return changed('agency', code, await registerAgency({ code, ...body }, origin, dependencies));
  }),

  answering(api.putClient, async ({ params: { id }, body, caller, idempotencyKey }) => {
    const origin = originOf(caller, idempotencyKey, `clients/${id}`, body);
    return changed('client', id, await registerClient({ id, ...body }, origin, dependencies));
  }),

  answering(api.putClientDialect, async ({ params: { id }, body, caller, idempotencyKey }) => {
    const origin = originOf(caller, idempotencyKey, `clients/${id}/dialects/dvcqg`, body);
    await registerDialect(id, body, origin, { ...dependencies, providers: dependencies.payable });
    log.info('record changed', { what: 'dialect', id });
    const { secret: _, ...shown } = body;
    return { status: 200, body: shown };
  }),

  answering(api.putMerchantAccount, async ({ params: { id }, body, caller, idempotencyKey }) => {
    const origin = originOf(caller, idempotencyKey, `merchant-accounts/${id}`, body);
    const { secret, replaceSharedSecret, previousSecretUntil, ...account } = body;
    const previousUntil = previousSecretUntil === undefined ? undefined : Date.parse(previousSecretUntil);
    const given = { secret, replaceSharedSecret, previousUntil };
    return changed('account', id, await registerMerchantAccount({ id, ...account }, given, origin, dependencies));
  }),

  answering(api.getProviderStatus, async ({ params }) => ({
    status: 200,
    body: await presentStatus(params.providerId),
  })),

  answering(api.putProviderStatus, async ({ params: { providerId }, body, caller, idempotencyKey }) => {
    const { outage, ...said } = body;
    const announced = outage && { ...outage, from: Date.parse(outage.from), until: Date.parse(outage.until) };
    const origin = originOf(caller, idempotencyKey, `providers/${providerId}/status`, body);
    const { replayed } = await sayProviderStatus(
      providerId,
      { ...said, outage: announced },
      caller,
      origin,
      statusDependencies,
    );
    if (!replayed) log.info('record changed', { what: 'provider status', id: providerId, state: said.state });
    return { status: 200, body: await presentStatus(providerId), replayed };
  }),

  answering(api.getBeneficiary, async ({ params: { code, beneficiary }, query: { on } }) =>
    found(await dependencies.beneficiaries.at(code, beneficiary, on ?? vietnamDay(dependencies.now()))),
  ),

  answering(api.putBeneficiary, async ({ params: { code, ...params }, body }) => {
    const record = { agencyCode: code, ...params, ...body };
    const id = `${code} ${params.beneficiary} ${params.effectiveFrom}`;
    return changed('beneficiary', id, await registerBeneficiary(record, dependencies));
  }),
];
