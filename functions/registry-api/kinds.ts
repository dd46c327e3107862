import * as api from '../../shared/api/registry.ts';
import type { ActSubject } from '../../shared/domain/audit/audit.ts';
import { type RegisterBeneficiaryDependencies, registerBeneficiary } from '../../shared/usecases/beneficiaries.ts';
import type { RecordKind } from '../../shared/usecases/change-registry.ts';
import {
  type RegisterDependencies,
  registerAgency,
  registerClient,
  registerMerchantAccount,
} from '../../shared/usecases/register.ts';
import { type RegisterDialectDependencies, registerDialect } from '../../shared/usecases/register-dialect.ts';

export type KindDependencies = RegisterDependencies &
  RegisterBeneficiaryDependencies & {
    /** Those with which a citizen can be sent away to pay. */
    payable: RegisterDialectDependencies['providers'];
    refuseAddress: RegisterDialectDependencies['refuseAddress'];
    secrets: RegisterDialectDependencies['secrets'];
  };

/** A purse's record is called by its agency, its purse and its first day. */
export const beneficiaryName = (code: string, beneficiary: string, effectiveFrom: string): string =>
  [code, beneficiary, effectiveFrom].join(' ');

/** How each kind of record is read and changed. A change is the body of its call, read by the contract once more. */
export const recordKinds = (dependencies: KindDependencies): Partial<Record<ActSubject['kind'], RecordKind>> => {
  const { registry } = dependencies;
  return {
    agencies: {
      read: (code) => registry.agency(code),
      apply: (code, change, _, origin, fits) =>
        registerAgency({ code, ...api.putAgency.body.parse(change) }, origin, dependencies, fits),
    },
    clients: {
      read: (id) => registry.client(id),
      apply: (id, change, _, origin, fits) =>
        registerClient({ id, ...api.putClient.body.parse(change) }, origin, dependencies, fits),
    },
    'merchant-accounts': {
      read: (id) => registry.merchantAccount(id),
      apply: (id, change, secret, origin, fits) => {
        const { replaceSharedSecret, previousSecretUntil, ...account } = api.putMerchantAccount.body

          .omit({ secret: true })
          .parse(change);
        const previousUntil = previousSecretUntil === undefined ? undefined : Date.parse(previousSecretUntil);
        const given = { secret, replaceSharedSecret, previousUntil };
        return registerMerchantAccount({ id, ...account }, given, origin, dependencies, fits);
      },
    },
    // The connection is a secret whole; what it is now cannot be read here.
    dialects: {
      read: async () => undefined,
      apply: async (id, change, secret, origin) => {
        const { secret: _, ...record } = await registerDialect(
          id,
          api.putClientDialect.body.parse({ ...change, secret }),
          origin,
          { ...dependencies, providers: dependencies.payable },
        );
        return { record, replayed: false };
      },
    },
    // Never edited: one that begins on the same day is refused by its own rule.
    beneficiaries: {
      read: async () => undefined,
      apply: (name, change) => {
        const [agencyCode = '', beneficiary = '', effectiveFrom = ''] = name.split(' ');
        const body = api.putBeneficiary.body.parse(change);
        return registerBeneficiary({ agencyCode, beneficiary, effectiveFrom, ...body }, dependencies);
      },
    },
  };
};
