import type { Clock } from '@coffre/foundation'
import { sql } from 'kysely'
import type { Catalogue } from '../catalogue/database.ts'
import type { MetricRegistry } from '../http/metric-registry.ts'
import { lagMsOf, listStreams, type StreamRow } from '../streams/stream-view.ts'

/** Adds to the metrics what the catalogue says: alarms that hold, jobs that wait and run, and what is protected. Counted at each scrape. */
export function addStateMetrics(metrics: MetricRegistry, catalogue: Catalogue, clock: Clock): void {
  const alarms = metrics.gauge('coffre_alarms', 'Alarms that hold, by severity.')
  const jobs = metrics.gauge('coffre_jobs', 'Jobs that have not ended, by whether they wait or run.')
  const points = metrics.gauge('coffre_points', 'Recovery points.')
  const sources = metrics.gauge('coffre_sources', 'Sources.')
  const lags = metrics.gauge('coffre_stream_lag_seconds', 'How old the newest second is that a continuous log can be restored to.')
  const windows = metrics.gauge('coffre_stream_window_seconds', 'How far any second can be restored, from the oldest base on.')
  metrics.onScrape(async () => {
    const { rows } = await sql<Record<'warning' | 'critical' | 'waiting' | 'running' | 'points' | 'sources', number>>`
      select
        (select count(*) from alarm where cleared_at is null and severity = 'warning') as warning,
        (select count(*) from alarm where cleared_at is null and severity = 'critical') as critical,
        (select count(*) from job where state in ('CREATED', 'PENDING', 'RETRYING')) as waiting,
        (select count(*) from job where state in ('RUNNING', 'ABORTING')) as running,
        (select count(*) from point where deletion_date is null) as points,
        (select count(*) from source where deletion_date is null) as sources`.execute(catalogue)
    const [now] = rows
    if (now === undefined) return
    alarms.set(now.warning, { severity: 'warning' })
    alarms.set(now.critical, { severity: 'critical' })
    jobs.set(now.waiting, { state: 'waiting' })
    jobs.set(now.running, { state: 'running' })
    points.set(now.points)
    sources.set(now.sources)
    lags.clear()
    windows.clear()
    for (const stream of await allStreams(catalogue, clock.nowMs())) {
      const labels = { source: stream.sourceName, vault: stream.vaultName }
      const lagMs = lagMsOf(stream, clock.nowMs())
      if (lagMs !== undefined) lags.set(lagMs / 1000, labels)
      const { windowFrom, windowThrough } = stream
      if (windowFrom !== null && windowThrough !== null)
        windows.set(Math.max(0, windowThrough.getTime() - windowFrom.getTime()) / 1000, labels)
    }
  })
}

async function allStreams(catalogue: Catalogue, nowMs: number): Promise<StreamRow[]> {
  const projects = await catalogue.selectFrom('project').select('id').execute()
  return (await Promise.all(projects.map(({ id }) => listStreams(catalogue, id, nowMs)))).flat()
}
