import { Construct } from 'constructs';
import type { EventsApiEnvironment } from '../../shared/runtime/environment.ts';
import type { HttpGateway } from '../constructs/http-gateway.ts';
import { httpTimeout, ServiceFunction } from '../constructs/service-function.ts';
import type { Setting } from '../constructs/setting.ts';
import type { WorkQueue } from '../constructs/work-queue.ts';
import type { DataStack } from '../stacks/data.ts';

type Props = { setting: Setting; data: DataStack; gateway: HttpGateway; deliveries: WorkQueue };

/** Agencies and portals read the feed of what moved money, and have events told again. */
export class EventsApi extends Construct {
  constructor(scope: Construct, id: string, { setting, data, gateway, deliveries }: Props) {
    super(scope, id);
    const { invoices, journal, work, registry, secrets } = data;

    const eventsApi = new ServiceFunction<EventsApiEnvironment>(this, 'EventsApi', {
      setting,
      entry: 'events-api',
      impact: 'Agencies cannot catch up from the feed or replay events; webhooks go on.',
      timeout: httpTimeout,
      memory: setting.settings.memory.http,
      environment: {
        STAGE: setting.settings.stage,
        INVOICES_TABLE: invoices.table.tableName,
        JOURNAL_TABLE: journal.table.tableName,
        WORK_TABLE: work.table.tableName,
        REGISTRY_TABLE: registry.table.tableName,
        DELIVERIES_QUEUE_URL: deliveries.queue.queueUrl,
        SECRET_PREFIX: secrets.prefix,
      },
    });
    invoices.grantReadMany(eventsApi);
    journal.grantRead(eventsApi);
    registry.grantRead(eventsApi);
    work.grantReadFeed(eventsApi);
    work.grantReplay(eventsApi);
    work.grantRearm(eventsApi);
    deliveries.grantSend(eventsApi);
    secrets.grantReadKey('cursor', eventsApi);
    gateway.serve('events-api', eventsApi.lambda);
  }
}
