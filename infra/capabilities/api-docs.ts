import { Construct } from 'constructs';
import type { ApiDocsEnvironment } from '../../shared/runtime/environment.ts';
import type { HttpGateway } from '../constructs/http-gateway.ts';
import { httpTimeout, ServiceFunction } from '../constructs/service-function.ts';
import type { Setting } from '../constructs/setting.ts';

/** The interface described, the page of every problem, and a sign of life. It may touch nothing. */
export class ApiDocs extends Construct {
  constructor(scope: Construct, id: string, { setting, gateway }: { setting: Setting; gateway: HttpGateway }) {
    super(scope, id);

    const apiDocs = new ServiceFunction<ApiDocsEnvironment>(this, 'ApiDocs', {
      setting,
      entry: 'api-docs',
      impact: 'Callers cannot read what the API promises; payments go on.',
      timeout: httpTimeout,
      memory: setting.settings.memory.http,
      environment: { STAGE: setting.settings.stage, PUBLIC_URL: gateway.url },
    });
    gateway.serve('api-docs', apiDocs.lambda);
  }
}
