import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MetricRegistry } from './metric-registry.ts'

test('counters, gauges and histograms are printed as Prometheus reads them', async () => {
  const registry = new MetricRegistry()
  const counter = registry.counter('coffre_jobs_total', 'Jobs, by\nstate.')
  counter.add({ state: 'FAILED' })
  counter.add({ state: 'a"b\\c\nd' }, 3)
  counter.add({ state: 'FAILED' })
  const gauge = registry.gauge('coffre_vaults', 'Vaults.')
  registry.onScrape(async () => gauge.set(7))
  const histogram = registry.histogram('coffre_seconds', 'Seconds.', [0.5, 2])
  for (const value of [0.5, 1, 3]) histogram.observe(value, { operation: 'x' })
  assert.equal(
    await registry.render(),
    `# HELP coffre_jobs_total Jobs, by\\nstate.
# TYPE coffre_jobs_total counter
coffre_jobs_total{state="FAILED"} 2
coffre_jobs_total{state="a\\"b\\\\c\\nd"} 3
# HELP coffre_vaults Vaults.
# TYPE coffre_vaults gauge
coffre_vaults 7
# HELP coffre_seconds Seconds.
# TYPE coffre_seconds histogram
coffre_seconds_bucket{operation="x",le="0.5"} 1
coffre_seconds_bucket{operation="x",le="2"} 2
coffre_seconds_bucket{operation="x",le="+Inf"} 3
coffre_seconds_sum{operation="x"} 4.5
coffre_seconds_count{operation="x"} 3
`,
  )
})

test('a name is registered once, and is one', () => {
  const registry = new MetricRegistry()
  registry.gauge('a', 'A.')
  assert.throws(() => registry.counter('a', 'A.'), TypeError)
  assert.throws(() => registry.counter('a-b', 'A.'), TypeError)
})
