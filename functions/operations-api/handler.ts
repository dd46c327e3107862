import { QueueAddresses } from '../../shared/domain/queues.ts';
import { documentClient } from '../../shared/runtime/aws.ts';
import { operatorOf } from '../../shared/runtime/callers.ts';
import { OperationsApiEnvironment, readEnvironment } from '../../shared/runtime/environment.ts';
import { httpFunction } from '../../shared/runtime/http.ts';
import { MessageQueue } from '../../shared/runtime/queue.ts';
import { SqsQueueDesk } from '../../shared/runtime/queue-desk.ts';
import { cachedRegistry } from '../../shared/runtime/registry-cache.ts';
import { CallStore } from '../../shared/store/call-store.ts';
import { EndpointStore } from '../../shared/store/endpoint-store.ts';
import { RegistryStore } from '../../shared/store/registry-store.ts';
import { operationsRoutes } from './routes.ts';

const environment = readEnvironment(OperationsApiEnvironment, process.env);
const db = documentClient();
const registry = cachedRegistry(new RegistryStore(db, environment.REGISTRY_TABLE), Date.now);

export const handler = httpFunction(
  operationsRoutes({
    desk: new SqsQueueDesk(QueueAddresses.parse(JSON.parse(environment.QUEUES)), Date.now),
    calls: new CallStore(db, environment.WORK_TABLE),
    blocked: new EndpointStore(db, environment.WORK_TABLE),
    registry,
    work: new MessageQueue(environment.REPUBLISH_QUEUE_URL),
    now: Date.now,
  }),
  (claims) => operatorOf(claims, registry),
);
