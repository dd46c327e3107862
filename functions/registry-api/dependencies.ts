import { randomBytes } from 'node:crypto';
import { banks, subItems } from '../../shared/catalogue/reference.ts';
import { checkWebhookAddress } from '../../shared/domain/notification/address.ts';
import { noticeSourcesOf, providersOf } from '../../shared/providers/index.ts';
import { documentClient } from '../../shared/runtime/aws.ts';
import { idsIn, RegistryApiEnvironment, readEnvironment } from '../../shared/runtime/environment.ts';
import { recordId } from '../../shared/runtime/logbook.ts';
import { secretSeal } from '../../shared/runtime/secret-seal.ts';
import { SecretStore } from '../../shared/runtime/secret-store.ts';
import { systemLookup } from '../../shared/runtime/webhook-sender.ts';
import { AuditStore } from '../../shared/store/audit-store.ts';
import { BeneficiaryStore } from '../../shared/store/beneficiary-store.ts';
import { RegistryStore } from '../../shared/store/registry-store.ts';
import type { ChangeDependencies } from '../../shared/usecases/change-registry.ts';
import { recordKinds } from './kinds.ts';

const environment = readEnvironment(RegistryApiEnvironment, process.env);
const db = documentClient();
const allowLocal = environment.ALLOW_LOCAL_WEBHOOKS === 'true';

/** Everything that the registry's calls need, wired once per process. */
export const dependencies = {
  registry: new RegistryStore(db, environment.REGISTRY_TABLE),
  beneficiaries: new BeneficiaryStore(db, environment.REGISTRY_TABLE),
  lists: () => ({ banks: banks(), subItems: subItems() }),
  secrets: new SecretStore(environment.SECRET_PREFIX, Date.now),
  /** Those with which a citizen can be sent away to pay. */
  payable: providersOf(environment.STAGE, '', { switchedOn: idsIn(environment.SWITCHED_ON_PROVIDERS) }),
  providers: noticeSourcesOf(environment.STAGE, '', { switchedOn: idsIn(environment.SWITCHED_ON_PROVIDERS) }),
  refuseAddress: (url: string) => checkWebhookAddress(url, { allowLocal, lookup: systemLookup }),
  randomBytes: (count: number) => randomBytes(count),
  now: Date.now,
};

const acts = new AuditStore(db, environment.AUDIT_TABLE, recordId);

/** How a call changes a record: by one person or by two, and always with a word in the log. */
export const changing: ChangeDependencies = {
  kinds: recordKinds(dependencies),
  proposals: acts,
  audit: acts,
  seal: secretSeal(() => dependencies.secrets.need('keys/proposal')),
  fourEyes: environment.FOUR_EYES === 'true',
  now: Date.now,
};
