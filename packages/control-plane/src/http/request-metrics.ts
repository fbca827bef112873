import type { Clock } from '@coffre/foundation'
import type { HttpApp } from './http-env.ts'
import type { MetricRegistry } from './metric-registry.ts'

const boundsSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]

/** Counts requests by operation and status, and measures how long their answers take; of a stream, until it begins. */
export function measureRequests(app: HttpApp, metrics: MetricRegistry, clock: Clock): void {
  const requests = metrics.counter('coffre_http_requests_total', 'Requests, by operation and status.')
  const seconds = metrics.histogram('coffre_http_request_duration_seconds', 'Time until an answer, by operation.', boundsSeconds)
  const memory = metrics.gauge('process_resident_memory_bytes', 'Resident memory of the server.')
  metrics.onScrape(() => memory.set(process.memoryUsage.rss()))
  app.use(async (context, next) => {
    const startMs = clock.monotonicMs()
    await next()
    const operation = context.get('operation') ?? 'none'
    requests.add({ operation, status: String(context.res.status) })
    seconds.observe((clock.monotonicMs() - startMs) / 1000, { operation })
  })
}
