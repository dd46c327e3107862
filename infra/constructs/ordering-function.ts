import type { Construct } from 'constructs';
import type { PortalApiEnvironment } from '../../shared/runtime/environment.ts';
import type { DataStack } from '../stacks/data.ts';
import type { HttpGateway } from './http-gateway.ts';
import { httpTimeout, ServiceFunction } from './service-function.ts';
import type { Setting } from './setting.ts';

export type OrderingProps = { setting: Setting; data: DataStack; gateway: HttpGateway; playedProvidersUrl: string };

/** A function behind the gateway at which portals, in whatever words, order, begin to pay and ask. It may do all that. */
export function orderingFunction<Environment extends PortalApiEnvironment>(
  scope: Construct,
  id: string,
  {
    setting,
    data,
    gateway,
    playedProvidersUrl,
    environment,
    ...named
  }: OrderingProps & {
    entry: 'portal-api' | 'dialect-dvcqg';
    impact: string;
    environment: (shared: PortalApiEnvironment) => Environment;
  },
): ServiceFunction<Environment> {
  const { invoices, dossiers, registry, work, files, secrets } = data;
  const ordering = new ServiceFunction<Environment>(scope, id, {
    ...{ setting, ...named },
    timeout: httpTimeout,
    memory: setting.settings.memory.http,
    environment: environment({
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
    }),
  });
  invoices.grantCreate(ordering);
  invoices.grantAppendAttempt(ordering);
  invoices.grantRead(ordering);
  invoices.grantReadMany(ordering);
  dossiers.grantClaim(ordering);
  dossiers.grantRead(ordering);
  registry.grantRead(ordering);
  registry.grantNoteSilence(ordering);
  work.grantRemember(ordering);
  files.grantReadCatalogue(ordering);
  secrets.grantReadKey('quote', ordering);
  secrets.grantReadKey('invoice-number', ordering);
  secrets.grantReadMerchant(ordering);
  gateway.serve(named.entry, ordering.lambda);
  return ordering;
}
