export type Labels = Readonly<Record<string, string>>

/** How much of a name: only ever more. */
export interface Counter {
  add(labels?: Labels, by?: number): void
}
/** A value that goes up and down. */
export interface Gauge {
  set(value: number, labels?: Labels): void
  /** Forgets every value: what is not set again is not there. */
  clear(): void
}
/** How often values up to each bound came. */
export interface Histogram {
  observe(value: number, labels?: Labels): void
}

interface Metric {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  /** Values by series: the name with its labels, as it is printed. */
  readonly series: Map<string, number>
}

/** What is measured, in the text format of Prometheus (version 0.0.4). Names are registered once. */
export class MetricRegistry {
  readonly #metrics = new Map<string, Metric>()
  readonly #collectors: (() => Promise<void> | void)[] = []

  counter(name: string, help: string): Counter {
    const series = this.#register(name, 'counter', help)
    return {
      add: (labels = {}, by = 1) => increase(series, seriesName(name, labels), by),
    }
  }

  gauge(name: string, help: string): Gauge {
    const series = this.#register(name, 'gauge', help)
    return { set: (value, labels = {}) => void series.set(seriesName(name, labels), value), clear: () => series.clear() }
  }

  histogram(name: string, help: string, bounds: readonly number[]): Histogram {
    const series = this.#register(name, 'histogram', help)
    return {
      observe(value, labels = {}) {
        for (const bound of [...bounds, Number.POSITIVE_INFINITY])
          increase(series, seriesName(`${name}_bucket`, { ...labels, le: numberText(bound) }), value <= bound ? 1 : 0)
        increase(series, seriesName(`${name}_sum`, labels), value)
        increase(series, seriesName(`${name}_count`, labels), 1)
      },
    }
  }

  /** Called before each scrape, to set gauges that are counted only then. */
  onScrape(collect: () => Promise<void> | void): void {
    this.#collectors.push(collect)
  }

  async render(): Promise<string> {
    for (const collect of this.#collectors) await collect()
    return [...this.#metrics].map(([name, metric]) => renderMetric(name, metric)).join('')
  }

  #register(name: string, type: Metric['type'], help: string): Map<string, number> {
    if (!/^[a-z][a-z0-9_]*$/.test(name) || this.#metrics.has(name)) throw new TypeError(`a metric cannot be called ${name}`)
    const series = new Map<string, number>()
    this.#metrics.set(name, { type, help, series })
    return series
  }
}

function increase(series: Map<string, number>, name: string, by: number): void {
  series.set(name, (series.get(name) ?? 0) + by)
}

function renderMetric(name: string, { type, help, series }: Metric): string {
  const lines = [...series].map(([key, value]) => `${key} ${numberText(value)}\n`)
  return `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n${lines.join('')}`
}

function seriesName(name: string, labels: Labels): string {
  const texts = Object.entries(labels).map(([label, value]) => `${label}="${escapeLabel(value)}"`)
  return texts.length === 0 ? name : `${name}{${texts.join(',')}}`
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

function numberText(value: number): string {
  return value === Number.POSITIVE_INFINITY ? '+Inf' : String(value)
}
