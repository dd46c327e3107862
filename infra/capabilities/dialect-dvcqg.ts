import { Construct } from 'constructs';
import { type OrderingProps, orderingFunction } from '../constructs/ordering-function.ts';

/** Portals that speak the national platform's message set order, pay and ask in it. */
export class DialectDvcqg extends Construct {
  constructor(scope: Construct, id: string, props: OrderingProps) {
    super(scope, id);
    const dialect = orderingFunction(this, 'DialectDvcqg', {
      ...props,
      entry: 'dialect-dvcqg',
      impact: 'Portals that speak the national platform’s message set cannot have anything paid; others can.',
    });
    props.data.secrets.grantReadDialect(dialect);
  }
}
