import { Construct } from 'constructs';
import type { PortalApiEnvironment } from '../../shared/runtime/environment.ts';
import type { HttpGateway } from '../constructs/http-gateway.ts';
import { httpTimeout, ServiceFunction } from '../constructs/service-function.ts';
import type { Setting } from '../constructs/setting.ts';
import type { DataStack } from '../stacks/data.ts';

type Props = { setting: Setting; data: DataStack; gateway: HttpGateway; playedProvidersUrl: string };

/** Portals price, invoice and start payments; payers see their page. */
export class PortalApi extends Construct {
  constructor(scope: Construct, id: string, { setting, data, gateway, playedProvidersUrl }: Props) {
    super(scope, id);
    const { invoices, dossiers, registry, work, files, secrets } = data;

    const portalApi = new ServiceFunction<PortalApiEnvironment>(this, 'PortalApi', {
      setting,
      entry: 'portal-api',
      impact: 'Citizens cannot get an invoice or start a payment.',
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
    invoices.grantCreate(portalApi);
    invoices.grantAppendAttempt(portalApi);
    invoices.grantCancel(portalApi);
    invoices.grantRead(portalApi);
    invoices.grantReadMany(portalApi);
    invoices.grantList(portalApi);
    dossiers.grantClaim(portalApi);
    dossiers.grantRead(portalApi);
    registry.grantRead(portalApi);
    work.grantRemember(portalApi);
    work.grantBasket(portalApi);
    files.grantReadResults(portalApi);
    files.grantReadCatalogue(portalApi);
    secrets.grantReadKey('quote', portalApi);
    secrets.grantReadKey('invoice-number', portalApi);
    secrets.grantReadKey('cursor', portalApi);
    secrets.grantReadMerchant(portalApi);
    gateway.serve('portal-api', portalApi.lambda);
  }
}
