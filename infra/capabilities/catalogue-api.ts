import { Construct } from 'constructs';
import type { CatalogueApiEnvironment } from '../../shared/runtime/environment.ts';
import type { HttpGateway } from '../constructs/http-gateway.ts';
import { httpTimeout, ServiceFunction } from '../constructs/service-function.ts';
import type { Setting } from '../constructs/setting.ts';
import type { DataStack } from '../stacks/data.ts';

/** The law is drafted, validated, and published by two persons. */
export class CatalogueApi extends Construct {
  constructor(scope: Construct, id: string, props: { setting: Setting; data: DataStack; gateway: HttpGateway }) {
    super(scope, id);
    const { setting, data, gateway } = props;
    const { registry, files } = data;

    const catalogueApi = new ServiceFunction<CatalogueApiEnvironment>(this, 'CatalogueApi', {
      setting,
      entry: 'catalogue-api',
      impact: 'Nobody can publish or compare versions of the law; prices go on by the one in force.',
      timeout: httpTimeout,
      // A whole country's law is checked in one call.
      memory: setting.settings.memory.reconcile,
      environment: {
        STAGE: setting.settings.stage,
        REGISTRY_TABLE: registry.table.tableName,
        FILES_BUCKET: files.bucket.bucketName,
      },
    });
    registry.grantRead(catalogueApi);
    registry.grantPublishCatalogue(catalogueApi);
    files.grantPublishCatalogue(catalogueApi);
    gateway.serve('catalogue-api', catalogueApi.lambda);
  }
}
