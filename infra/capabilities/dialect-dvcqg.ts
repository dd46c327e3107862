import { Construct } from 'constructs';
import type { DialectDvcqgEnvironment } from '../../shared/runtime/environment.ts';
import type { HttpGateway } from '../constructs/http-gateway.ts';
import { httpTimeout, ServiceFunction } from '../constructs/service-function.ts';
import type { Setting } from '../constructs/setting.ts';
import type { DataStack } from '../stacks/data.ts';

type Props = { setting: Setting; data: DataStack; gateway: HttpGateway; playedProvidersUrl: string };

/** Portals that speak the national platform's message set order, pay and ask in it. */
export class DialectDvcqg extends Construct {
  constructor(scope: Construct, id: string, { setting, data, gateway, playedProvidersUrl }: Props) {
    super(scope, id);
    const { invoices, dossiers, registry, work, files, secrets } = data;

    const dialect = new ServiceFunction<DialectDvcqgEnvironment>(this, 'DialectDvcqg', {
      setting,
      entry: 'dialect-dvcqg',
      impact: 'Portals that speak the national platform’s message set cannot have anything paid; others can.',
      timeout: httpTimeout,
      memory: setting.settings.memory.http,
      environment: {
        STAGE: setting.settings.stage,
        SWITCHED_ON_PROVIDERS: setting.settings.switchedOnProviders.join(','),
        INVOICES_TABLE: invoices.table.tableName,
        DOSSIERS_TABLE: dossiers.table.tableName,
        REGISTRY_TABLE: registry.table.tableName,
        WORK_TABLE: work.table.tableName,
        FILES_BUCKET: files.bucket.bucketName,
        SECRET_PREFIX: secrets.prefix,
        PUBLIC_URL: gateway.url,
        PLAYED_PROVIDERS_URL: playedProvidersUrl,
      },
    });
    invoices.grantCreate(dialect);
    invoices.grantAppendAttempt(dialect);
    invoices.grantRead(dialect);
    invoices.grantReadMany(dialect);
    dossiers.grantClaim(dialect);
    dossiers.grantRead(dialect);
    registry.grantRead(dialect);
    work.grantRemember(dialect);
    files.grantReadCatalogue(dialect);
    secrets.grantReadKey('quote', dialect);
    secrets.grantReadKey('invoice-number', dialect);
    secrets.grantReadMerchant(dialect);
    secrets.grantReadDialect(dialect);
    gateway.serve('dialect-dvcqg', dialect.lambda);
  }
}
