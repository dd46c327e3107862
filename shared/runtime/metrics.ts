import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';

let metrics: Metrics | undefined;

/** Counts something that happened, once or `times`, by a few named kinds of it; the platform makes a metric of the line it logs. */
export function count(name: string, dimensions: Readonly<Record<string, string>>, times = 1): void {
  metrics ??= new Metrics({ namespace: 'Thuphi' });
  const single = metrics.singleMetric();
  single.addDimensions({ ...dimensions });
  single.addMetric(name, MetricUnit.Count, times);
}
