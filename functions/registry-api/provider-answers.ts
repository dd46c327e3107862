import * as api from '../../shared/api/registry.ts';
import type { ProviderStatus } from '../../shared/domain/payment/availability.ts';
import type { ProviderId } from '../../shared/domain/payment/provider.ts';
import { formatInstant } from '../../shared/domain/time.ts';
import { answering } from '../../shared/runtime/http.ts';
import { log } from '../../shared/runtime/log.ts';
import { readProviderStatus, sayProviderStatus } from '../../shared/usecases/provider-status.ts';
import { originOf } from '../../shared/usecases/register.ts';
import { audited } from './audited.ts';
import { dependencies } from './dependencies.ts';

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

export const providerAnswers = [
  answering(api.getProviderStatus, async ({ params }) => ({
    status: 200,
    body: await presentStatus(params.providerId),
  })),

  answering(api.putProviderStatus, async ({ params: { providerId }, body, caller, idempotencyKey }) => {
    const { outage, ...said } = body;
    const announced = outage && { ...outage, from: Date.parse(outage.from), until: Date.parse(outage.until) };
    const origin = originOf(caller, idempotencyKey, `providers/${providerId}/status`, body);
    const { replayed } = await audited(
      { kind: 'providers', id: providerId },
      caller,
      body,
      () => sayProviderStatus(providerId, { ...said, outage: announced }, caller, origin, statusDependencies),
      ({ record }) => record,
    );
    if (!replayed) log.info('record changed', { what: 'provider status', id: providerId, state: said.state });
    return { status: 200, body: await presentStatus(providerId), replayed };
  }),
];
