import type { ByteString } from '@coffre/foundation'
import type { Id } from '../format/node.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'
import type { ComputePool } from '../pipeline/compute-pool.ts'
import type { PlannedBlob } from './restore-plan.ts'

const partsPerJob = 64

/** For each blob of a local file whether it is there already. Long files are compared by several workers. */
export async function compareContent(
  pool: ComputePool,
  path: ByteString,
  content: readonly Id[],
  blobs: readonly PlannedBlob[],
  index: RepositoryIndex,
  signal: AbortSignal,
): Promise<boolean[]> {
  const jobs: Promise<readonly boolean[]>[] = []
  for (let at = 0; at < blobs.length; at += partsPerJob) {
    const parts = blobs.slice(at, at + partsPerJob).map(({ entry, offset }, i) => {
      const { rawBytes, sealedBytes } = index.blobs.location(entry)
      return { path: 0, offset, length: rawBytes > 0 ? rawBytes : sealedBytes - 32, id: content[at + i] ?? '' }
    })
    jobs.push(pool.run({ kind: 'compare', paths: [path], parts }, signal).then((result) => result.matches))
  }
  return (await Promise.all(jobs)).flat()
}
