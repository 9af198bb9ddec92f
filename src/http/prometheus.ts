import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { HistogramReading } from '../base/index.ts';
import { type MetricFamily, type MetricName, metricFamilies } from '../contract/index.ts';
import type { MetricSample } from './services.ts';

const registryType = Registry.PROMETHEUS_CONTENT_TYPE;

/** The media type of the Prometheus text format. */
export const contentType: string = registryType;

/** Renders the figures of the moment as Prometheus text, in the order of the catalogue. */
export async function render(samples: readonly MetricSample[]): Promise<string> {
  const registry = new Registry();
  const byName = Map.groupBy(samples, (sample) => sample.name);
  for (const [name, family] of Object.entries(metricFamilies) as [MetricName, MetricFamily][]) {
    const found = byName.get(name);
    if (found !== undefined) registerFamily(registry, { name, family, samples: found });
  }
  return registry.metrics();
}

type FamilyOfSamples = {
  readonly name: MetricName;
  readonly family: MetricFamily;
  readonly samples: readonly MetricSample[];
};

function registerFamily(registry: Registry, { name, family, samples }: FamilyOfSamples): void {
  const options = { name, help: family.help, labelNames: family.labels ?? [], registers: [registry] };
  switch (family.type) {
    case 'gauge': {
      const gauge = new Gauge(options);
      for (const { labels = {}, value } of samples) gauge.set({ ...labels }, numberOf(value, name));
      return;
    }
    case 'counter': {
      const counter = new Counter(options);
      for (const { labels = {}, value } of samples) counter.inc({ ...labels }, numberOf(value, name));
      return;
    }
    case 'histogram': {
      const histogram = new Histogram(options);
      // It counts by itself only; what was counted elsewhere is handed to the registry as it would have been.
      const values = samples.flatMap((sample) => histogramValues(sample));
      Object.assign(histogram, {
        get: async () => ({ name, help: family.help, type: 'histogram', aggregator: 'sum', values }),
        getForPromString: undefined,
      });
    }
  }
}

function numberOf(value: MetricSample['value'], name: string): number {
  if (typeof value === 'number') return value;
  throw new Error(`${name} is no histogram`);
}

function histogramValues({ name, labels = {}, value }: MetricSample) {
  if (typeof value === 'number') throw new Error(`${name} is a histogram`);
  const { bounds, counts, sum, count }: HistogramReading = value;
  const bucket = (le: number | string, inBucket: number) => ({
    metricName: `${name}_bucket`,
    labels: { le, ...labels },
    value: inBucket,
  });
  return [
    ...bounds.map((bound, index) => bucket(bound, counts[index] ?? 0)),
    bucket('+Inf', count),
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: count },
  ];
}
