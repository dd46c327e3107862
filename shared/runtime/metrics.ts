/** Where CloudWatch keeps the service's own metrics. */
const NAMESPACE = 'Thuphi';

/**
 * Counts one thing that happened, by a few named kinds of it. The platform makes a metric of the line, of the service that
 * `SERVICE_NAME` names (CloudWatch User Guide, "Embedded metric format").
 */
export function count(name: string, dimensions: Readonly<Record<string, string>>): void {
  const kinds = { service: process.env['SERVICE_NAME'] ?? '', ...dimensions };
  const metric = { Namespace: NAMESPACE, Dimensions: [Object.keys(kinds)], Metrics: [{ Name: name, Unit: 'Count' }] };
  const embedded = { _aws: { Timestamp: Date.now(), CloudWatchMetrics: [metric] }, ...kinds, [name]: 1 };
  process.stdout.write(`${JSON.stringify(embedded)}\n`);
}
