import { Queue } from '../../shared/aws/sqs.ts';
import { DIALECT_CONFIRM } from '../../shared/domain/registry/dialect.ts';
import { documentClient } from '../../shared/runtime/aws.ts';
import { NotifyAgencyEnvironment, readEnvironment } from '../../shared/runtime/environment.ts';
import { log } from '../../shared/runtime/log.ts';
import { openEndpointsRemembered } from '../../shared/runtime/open-endpoints.ts';
import { providerCaller } from '../../shared/runtime/provider-caller.ts';
import { cachedRegistry } from '../../shared/runtime/registry-cache.ts';
import { SecretStore } from '../../shared/runtime/secret-store.ts';
import { checkedLookup, webhookSender } from '../../shared/runtime/webhook-sender.ts';
import { EndpointStore } from '../../shared/store/endpoint-store.ts';
import { FeedStore } from '../../shared/store/feed-store.ts';
import { RegistryStore } from '../../shared/store/registry-store.ts';
import { TellingStore } from '../../shared/store/telling-store.ts';
import { confirmPortal } from '../../shared/usecases/confirm-portal.ts';
import { confirmDvcqg } from './confirm-dvcqg.ts';
import { notifyAgencies } from './notify.ts';

const environment = readEnvironment(NotifyAgencyEnvironment, process.env);
const now = Date.now;
const secrets = new SecretStore(environment.SECRET_PREFIX, now);
const allowLocal = environment.ALLOW_LOCAL_WEBHOOKS === 'true';
const caller = providerCaller({ allowLocal, lookup: checkedLookup({ allowLocal }) });
const queue = new Queue(environment.DELIVERIES_QUEUE_URL);

const db = documentClient();
const endpoints = new EndpointStore(db, environment.WORK_TABLE);

export const handler = notifyAgencies({
  blocked: openEndpointsRemembered(endpoints, now),
  missed: endpoints,
  late: new FeedStore(db, environment.WORK_TABLE),
  directory: cachedRegistry(new RegistryStore(db, environment.REGISTRY_TABLE), now),
  secrets,
  tellings: new TellingStore(db, environment.WORK_TABLE),
  sender: webhookSender({ allowLocal }),
  hide: (receiptHandle, seconds) => queue.hide(receiptHandle, seconds),
  now,
  log,
  otherwise: { [DIALECT_CONFIRM]: (delivery) => confirmPortal(delivery, { secrets, caller, words: confirmDvcqg }) },
});
