import { getJob, type JobView, listJobs } from '@coffre/api-contract'
import type { ServerCall } from '../command.ts'
import { objectTable } from '../output/object-table.ts'
import type { Connection } from './connection.ts'
import { changeText, liveJobColumns } from './job-text.ts'

const lookPauseMs = 1000

/**
 * Shows the jobs that are active, and what becomes of them, until none is but captures: a table that is drawn anew on a terminal, elsewhere a line
 * for each change, with --json the whole job.
 */
export async function followJobs(connection: Connection, source: string | undefined, call: ServerCall): Promise<void> {
  const { output, texts, host, signal } = call
  const draw = output.isResultTerminal && !output.json ? output.live() : undefined
  const jobs = new Map<string, JobView>()
  for (;;) {
    const active = await connection.list(listJobs, { params: {}, query: { source, active: 'true' } })
    const changed = changesIn(jobs, [...active, ...(await endedSince(jobs, active, connection))])
    for (const job of changed) jobs.set(job.id, job)
    if (draw !== undefined) draw.show(objectTable([...jobs.values()].sort(byAge), liveJobColumns(host.clock.nowMs()), texts))
    else
      for (const job of changed) {
        if (output.json) output.printJson(job)
        else output.print(changeText(job, texts))
      }
    // A capture goes on for as long as its source is protected: nobody waits for its end.
    if (active.every(({ kind }) => kind === 'CAPTURE')) break
    await host.clock.sleep(lookPauseMs, signal)
  }
  if (jobs.size === 0) output.summarize(texts.say('jobs.none'))
}

/** Jobs that were active and are no more. */
async function endedSince(
  jobs: ReadonlyMap<string, JobView>,
  active: readonly JobView[],
  connection: Connection,
): Promise<JobView[]> {
  const isActive = new Set(active.map(({ id }) => id))
  const ended = [...jobs.values()].filter(({ id, completedAt }) => completedAt === null && !isActive.has(id))
  return Promise.all(ended.map(({ id }) => connection.call(getJob, { params: { job: id } })))
}

/** Those that differ from what was shown of them. */
function changesIn(jobs: ReadonlyMap<string, JobView>, now: readonly JobView[]): JobView[] {
  return now.filter((job) => JSON.stringify(jobs.get(job.id)) !== JSON.stringify(job)).sort(byAge)
}

function byAge(a: JobView, b: JobView): number {
  return a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : a.id < b.id ? -1 : 1
}
