import { documentClient } from '../../shared/runtime/aws.ts';
import { ReplayEventsEnvironment, readEnvironment } from '../../shared/runtime/environment.ts';
import { log } from '../../shared/runtime/log.ts';
import { MessageQueue } from '../../shared/runtime/queue.ts';
import { cachedRegistry } from '../../shared/runtime/registry-cache.ts';
import { SecretStore } from '../../shared/runtime/secret-store.ts';
import { webhookSender } from '../../shared/runtime/webhook-sender.ts';
import { EndpointStore } from '../../shared/store/endpoint-store.ts';
import { FeedStore } from '../../shared/store/feed-store.ts';
import { DynamoJournalReader } from '../../shared/store/journal-reader.ts';
import { RegistryStore } from '../../shared/store/registry-store.ts';
import { ReplayStore } from '../../shared/store/replay-store.ts';
import { TellingStore } from '../../shared/store/telling-store.ts';
import { WorkStore } from '../../shared/store/work-store.ts';
import { catchUpDue } from '../../shared/usecases/catch-up.ts';
import { runReplays } from '../../shared/usecases/run-replays.ts';

const environment = readEnvironment(ReplayEventsEnvironment, process.env);
const db = documentClient();
const feed = new FeedStore(db, environment.WORK_TABLE);
const endpoints = new EndpointStore(db, environment.WORK_TABLE);

const dependencies = {
  directory: cachedRegistry(new RegistryStore(db, environment.REGISTRY_TABLE), Date.now),
  secrets: new SecretStore(environment.SECRET_PREFIX, Date.now),
  tellings: new TellingStore(db, environment.WORK_TABLE),
  sender: webhookSender({ allowLocal: environment.ALLOW_LOCAL_WEBHOOKS === 'true' }),
  blocked: endpoints,
  missed: endpoints,
  exceptions: new WorkStore(db, environment.WORK_TABLE),
  journal: new DynamoJournalReader(db, environment.JOURNAL_TABLE),
  watermark: feed,
  late: feed,
  replays: new ReplayStore(db, environment.WORK_TABLE),
  deliveries: new MessageQueue(environment.DELIVERIES_QUEUE_URL),
  now: Date.now,
};

/** Every minute: asks blocked endpoints whose time has come, and goes on with replays. Safe to run at any time. */
export async function handler(): Promise<{ endpoints: number; told: number; replayed: number }> {
  let told = 0;
  // Other endpoints are done before anything is thrown: one that cannot be caught up with holds up no other.
  const runs = await catchUpDue(dependencies, ({ owner }, done) => {
    told += done.told;
    log.info('endpoint.asked', { owner, told: done.told, outcome: done.outcome });
    if (done.outcome === 'disabled') log.error('endpoint.disabled', { owner });
  });
  const { sent } = await runReplays(dependencies);
  return { endpoints: runs, told, replayed: sent };
}
