import type { RestoreMeans, RestoreRun } from '@coffre/engine'
import { byteStringFrom } from '@coffre/foundation'
import type { JobRequest } from '../jobs/job-request.ts'
import type { Job } from '../jobs/job-store.ts'
import { restoreSecret } from '../jobs/restore-target.ts'
import { engineNamed } from '../sources/source-engines.ts'
import { pointOf } from './point-of.ts'
import type { WorkerParts } from './worker-parts.ts'

/** What a job is to put back, and who does it. */
export interface WantedRestore {
  readonly means: RestoreMeans
  readonly what: Pick<RestoreRun, 'pointId' | 'wish'>
}

export async function wantedOf(
  { catalogue, engines }: WorkerParts,
  request: JobRequest<'RESTORE'>,
  job: Job,
): Promise<WantedRestore> {
  const meansOf = (name: string): RestoreMeans => {
    const engine = engineNamed(engines, name)
    return engine.kind === 'tree' ? { kind: 'tree' } : { kind: 'items', connector: engine.connector }
  }
  const { wish, pointId } = request
  if (wish !== undefined) {
    const { engine, ...rest } = wish
    return { means: meansOf(engine), what: { pointId: undefined, wish: { source: job.sourceName ?? '', ...rest } } }
  }
  const point = await pointOf(catalogue, pointId ?? '')
  return { means: meansOf(point.engine), what: { pointId: point.snapshotId } }
}

/** Where a job is to put it, with the secret that it came with; undefined where that was left open. */
export async function targetOf(
  { secrets }: WorkerParts,
  { to, into }: JobRequest<'RESTORE'>,
  { secretId }: Job,
): Promise<RestoreRun['target'] | undefined> {
  if (to !== undefined) return { kind: 'folder', path: byteStringFrom(Buffer.from(to)) }
  if (into === undefined) return undefined
  const given: unknown = secretId === null ? {} : JSON.parse((await secrets.get(secretId, restoreSecret)).toString('utf8'))
  return { kind: 'engine', config: into.config, secrets: given }
}
