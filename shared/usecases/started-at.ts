import { isBankCredit, type Movement } from '../domain/payment/movement.ts';
import type { ProviderId } from '../domain/payment/provider.ts';
import type { RegistryReader } from '../domain/registry/book.ts';

/**
 * The provider at whose terminal a money is registered. A bank transfer bears the bank's own name, whoever told of it: at which
 * provider it was started is known by its merchant account alone. `undefined` where that is not registered.
 */
export async function startedAt(
  { movementId, providerId, merchantAccountId }: Pick<Movement, 'movementId' | 'providerId' | 'merchantAccountId'>,
  registry: Pick<RegistryReader, 'merchantAccount'>,
): Promise<ProviderId | undefined> {
  if (!isBankCredit(movementId)) return providerId;
  return (await registry.merchantAccount(merchantAccountId))?.providerId;
}
