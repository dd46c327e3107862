import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';

const metrics = new Metrics({ namespace: 'Thuphi' });

/** Counts one thing that happened, by a few named kinds of it; the platform makes a metric of the line it logs. */
export function count(name: string, dimensions: Readonly<Record<string, string>>): void {
  const single = metrics.singleMetric();
  single.addDimensions({ ...dimensions });
  single.addMetric(name, MetricUnit.Count, 1);
}
