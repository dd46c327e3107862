import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';

let metrics: Metrics | undefined;

/** Counts one thing that happened, by a few named kinds of it; the platform makes a metric of the line it logs. */
export function count(name: string, dimensions: Readonly<Record<string, string>>): void {
  metrics ??= new Metrics({ namespace: 'Thuphi' });
  const single = metrics.singleMetric();
  single.addDimensions({ ...dimensions });
  single.addMetric(name, MetricUnit.Count, 1);
}
