import { print } from './print.ts';

/** Where CloudWatch keeps the service's own metrics. */
const NAMESPACE = 'Thuphi';

/**
 * Counts something that happened, once or `times`, by a few named kinds of it. The platform makes a metric of the line, of
 * the service that `SERVICE_NAME` names (CloudWatch User Guide, "Embedded metric format").
 */
export function count(name: string, dimensions: Readonly<Record<string, string>>, times = 1): void {
  const kinds = { service: process.env['SERVICE_NAME'] ?? '', ...dimensions };
  const metric = { Namespace: NAMESPACE, Dimensions: [Object.keys(kinds)], Metrics: [{ Name: name, Unit: 'Count' }] };
  const embedded = { _aws: { Timestamp: Date.now(), CloudWatchMetrics: [metric] }, ...kinds, [name]: times };
  print('stdout', JSON.stringify(embedded));
}
