import { type CompressionMode, zstdLevels } from '../archive/compression-mode.ts'
import type { Id } from '../format/node.ts'
import type { Snapshot } from '../format/snapshot.ts'
import type { WriteVerification } from '../pipeline/pack-assembler.ts'
import type { BlobWriterOptions } from '../repository/blob-writer.ts'
import type { Repository } from '../repository/repository.ts'
import type { WriteLock } from '../repository/write-lock.ts'
import { saveSnapshot } from '../snapshots/snapshots.ts'

/** How an operation stores blobs that were cut before. */
export interface StoreOptions extends Pick<BlobWriterOptions, 'packBytes' | 'uploads' | 'onPackStored' | 'confirmed' | 'lock'> {
  readonly compression: CompressionMode
  readonly verification: WriteVerification
}

export function writerOptionsOf({ compression, verification, ...rest }: StoreOptions): BlobWriterOptions {
  const { packBytes, uploads, onPackStored, confirmed, lock } = rest
  return {
    level: zstdLevels[compression],
    canCompress: true,
    verification,
    // Never asked for: nothing is cut.
    contentCut: { kind: 'gear', secret: new Uint8Array(32) },
    ...(packBytes === undefined ? {} : { packBytes }),
    ...(uploads === undefined ? {} : { uploads }),
    ...(onPackStored === undefined ? {} : { onPackStored }),
    ...(confirmed === undefined ? {} : { confirmed }),
    ...(lock === undefined ? {} : { lock }),
  }
}

/** Stores a snapshot, in a locked vault under its lock. Durable when it resolves. */
export async function commitSnapshot(
  repository: Repository,
  snapshot: Snapshot,
  lock: WriteLock | undefined,
  signal: AbortSignal,
): Promise<Id> {
  return lock === undefined ? saveSnapshot(repository, snapshot, signal) : lock.commit(snapshot, signal)
}
