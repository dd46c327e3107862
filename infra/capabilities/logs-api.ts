import { Construct } from 'constructs';
import type { LogsApiEnvironment } from '../../shared/runtime/environment.ts';
import type { HttpGateway } from '../constructs/http-gateway.ts';
import { httpTimeout, ServiceFunction } from '../constructs/service-function.ts';
import type { Setting } from '../constructs/setting.ts';
import type { DataStack } from '../stacks/data.ts';

/** Auditors read who did and saw what, and banks what they sent. It reads, and nothing else. */
export class LogsApi extends Construct {
  constructor(scope: Construct, id: string, props: { setting: Setting; data: DataStack; gateway: HttpGateway }) {
    super(scope, id);
    const { setting, data, gateway } = props;
    const { audit, registry } = data;

    const logsApi = new ServiceFunction<LogsApiEnvironment>(this, 'LogsApi', {
      setting,
      entry: 'logs-api',
      impact: 'Nobody can look up who did or saw what, or what a bank sent; payments go on.',
      timeout: httpTimeout,
      memory: setting.settings.memory.http,
      environment: {
        STAGE: setting.settings.stage,
        REGISTRY_TABLE: registry.table.tableName,
        AUDIT_TABLE: audit.table.tableName,
      },
    });
    audit.grantReadLog(logsApi);
    registry.grantRead(logsApi);
    gateway.serve('logs-api', logsApi.lambda);
  }
}
