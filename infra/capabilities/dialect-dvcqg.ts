import { Construct } from 'constructs';
import type { DialectDvcqgEnvironment } from '../../shared/runtime/environment.ts';
import { type OrderingProps, orderingFunction } from '../constructs/ordering-function.ts';

/** Portals that speak the national platform's message set order, pay and ask in it. */
export class DialectDvcqg extends Construct {
  constructor(scope: Construct, id: string, props: OrderingProps) {
    super(scope, id);
    const { receipts, secrets } = props.data;
    const dialect = orderingFunction<DialectDvcqgEnvironment>(this, 'DialectDvcqg', {
      ...props,
      entry: 'dialect-dvcqg',
      environment: (shared) => ({ ...shared, RECEIPTS_TABLE: receipts.table.tableName }),
      impact: 'Portals that speak the national platform’s message set cannot have anything paid; others can.',
    });
    receipts.grantReadOfInvoice(dialect);
    secrets.grantReadDialect(dialect);
    secrets.grantReadKey('receipt-link', dialect);
  }
}
