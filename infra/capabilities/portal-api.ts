import { Construct } from 'constructs';
import { type OrderingProps, orderingFunction } from '../constructs/ordering-function.ts';

/** Portals price, invoice and start payments; payers see their page. */
export class PortalApi extends Construct {
  constructor(scope: Construct, id: string, props: OrderingProps) {
    super(scope, id);
    const { invoices, work, files, secrets } = props.data;
    const portalApi = orderingFunction(this, 'PortalApi', {
      ...props,
      entry: 'portal-api',
      environment: (shared) => shared,
      impact: 'Citizens cannot get an invoice or start a payment.',
    });
    invoices.grantCancel(portalApi);
    invoices.grantList(portalApi);
    work.grantBasket(portalApi);
    files.grantReadResults(portalApi);
    secrets.grantReadKey('cursor', portalApi);
  }
}
