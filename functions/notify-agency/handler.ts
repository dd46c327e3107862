import { Queue } from '../../shared/aws/sqs.ts';
import { documentClient } from '../../shared/runtime/aws.ts';
import { NotifyAgencyEnvironment, readEnvironment } from '../../shared/runtime/environment.ts';
import { log } from '../../shared/runtime/log.ts';
import { cachedRegistry } from '../../shared/runtime/registry-cache.ts';
import { SecretStore } from '../../shared/runtime/secret-store.ts';
import { webhookSender } from '../../shared/runtime/webhook-sender.ts';
import { RegistryStore } from '../../shared/store/registry-store.ts';
import { notifyAgencies } from './notify.ts';

const environment = readEnvironment(NotifyAgencyEnvironment, process.env);
const now = Date.now;
const queue = new Queue(environment.DELIVERIES_QUEUE_URL);

export const handler = notifyAgencies({
  directory: cachedRegistry(new RegistryStore(documentClient(), environment.REGISTRY_TABLE), now),
  secrets: new SecretStore(environment.SECRET_PREFIX, now),
  sender: webhookSender({ allowLocal: environment.ALLOW_LOCAL_WEBHOOKS === 'true' }),
  hide: (receiptHandle, seconds) => queue.hide(receiptHandle, seconds),
  now,
  log,
});
