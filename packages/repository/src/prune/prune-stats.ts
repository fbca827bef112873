/** What a prune finds and does; the quantities that `restic prune` prints. */
export interface PruneStats {
  readonly blobs: {
    used: number
    /** Copies of used blobs beyond the first. */
    duplicate: number
    unused: number
    /** In packs that go away whole. */
    remove: number
    /** In packs that are read and written again, and those of them that are left out. */
    repack: number
    repackRemove: number
  }
  readonly bytes: {
    used: number
    duplicate: number
    unused: number
    remove: number
    repack: number
    repackRemove: number
    /** Packs that no index names. */
    unindexed: number
    /** In packs with uncompressed blobs that stay as they are. */
    uncompressed: number
  }
  readonly packs: {
    used: number
    partlyUsed: number
    unused: number
    unindexed: number
    keep: number
    repack: number
    remove: number
  }
}

export function newPruneStats(): PruneStats {
  return {
    blobs: { used: 0, duplicate: 0, unused: 0, remove: 0, repack: 0, repackRemove: 0 },
    bytes: { used: 0, duplicate: 0, unused: 0, remove: 0, repack: 0, repackRemove: 0, unindexed: 0, uncompressed: 0 },
    packs: { used: 0, partlyUsed: 0, unused: 0, unindexed: 0, keep: 0, repack: 0, remove: 0 },
  }
}
