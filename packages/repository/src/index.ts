export type { ArchiveCounts } from './archive/archiver.ts'
export { type BackupOptions, type BackupResult, backup, type CompressionMode, type StreamTarget } from './archive/backup.ts'
export type { ContentSource } from './archive/content-stream.ts'
export { type Selection, selectAll } from './archive/selection.ts'
export type { KnownFiles } from './check/check-files.ts'
export { type CheckOptions, type CheckPhase, type CheckResult, checkRepository } from './check/check-repository.ts'
export { type DataSubset, parseDataSubset } from './check/data-subset.ts'
export type { Finding, FindingKind } from './check/finding.ts'
export type { IndexedRepository } from './copy/blob-transfer.ts'
export { type CopyCounts, type CopyOptions, copySnapshots } from './copy/copy-snapshots.ts'
export type { StoreOptions } from './copy/store-options.ts'
export { type ArchiveFormat, type DumpTarget, dump, findDumpTarget } from './dump/dump.ts'
export { cacheFolderMarker, FolderMarker, type MarkerLookup } from './filter/folder-marker.ts'
export { compileGlob } from './filter/glob.ts'
export { decodeTextFile, parsePatternFile } from './filter/pattern-file.ts'
export { PatternList } from './filter/pattern-list.ts'
export { selectOnly, selectWithout } from './filter/restore-selection.ts'
export { parseSize } from './filter/size.ts'
export { type ForgetOptions, forgetSnapshots } from './forget/forget-snapshots.ts'
export { type ForgetGroup, type ForgetRules, planForget } from './forget/plan-forget.ts'
export type { Id, Node, Timestamp } from './format/node.ts'
export type { Snapshot, SnapshotSummary, StoredSnapshot } from './format/snapshot.ts'
export { encodeSnapshot } from './format/snapshot-codec.ts'
export { RepositoryIndex } from './index/repository-index.ts'
export { addKey, changeKey, type KeyInfo, keysToJson, listKeys, removeKey } from './keys/keys.ts'
export type { FileStatus, LocalFiles } from './local/local-files.ts'
export { openLocalFiles } from './local/open-local-files.ts'
export { formatInstant, parseTimestamp } from './local/timestamp.ts'
export type { RepositoryLock } from './lock/held-lock.ts'
export { isStale, listLocks, removeLocks, type StoredLock } from './lock/lock-files.ts'
export { type LockOptions, lockRepository } from './lock/repository-lock.ts'
export { type CompleteIndexOptions, completeIndex } from './lock-down/complete-index.ts'
export { type HealAction, type HealKind, type HealOptions, heal } from './lock-down/heal.ts'
export { type HoldRequest, placeHold, releaseHold } from './lock-down/legal-holds.ts'
export { LockSession, type LockSessionOptions } from './lock-down/lock-session.ts'
export type { LockSettings } from './lock-down/lock-settings.ts'
export { packsOf, referTrees } from './lock-down/refer-trees.ts'
export { sweepLockVersions } from './lock-down/sweep-lock-versions.ts'
export { type LockFinding, type LockVerification, verifyLocks } from './lock-down/verify-locks.ts'
export { VersionFallbackBackend, withVersionFallback } from './lock-down/version-fallback-backend.ts'
export type { WriteVerification } from './pipeline/pack-assembler.ts'
export { parseDuration } from './policy/duration.ts'
export { type ForgetPolicy, isEmptyPolicy } from './policy/forget-policy.ts'
export { systemZone } from './policy/local-zone.ts'
export { isEmptyFilter, latestSnapshot, parseTagList, type SnapshotFilter } from './policy/snapshot-filter.ts'
export { type GroupBy, groupSnapshots, parseGroupBy, type SnapshotGroup, type SnapshotGroupKey } from './policy/snapshot-group.ts'
export { type ExecuteOptions, executePrune, executePruneOnFullDisk } from './prune/execute-prune.ts'
export { type Held, nothingHeld } from './prune/held.ts'
export { type PlanOptions, type PrunePhase, type PrunePlan, type PruneProgress, planPrune } from './prune/plan-prune.ts'
export type { PruneCandidate, PruneLedger } from './prune/prune-ledger.ts'
export { type PruneOptions, parseUnusedLimit, type UnusedLimit } from './prune/prune-options.ts'
export type { PruneStats } from './prune/prune-stats.ts'
export { markPrune, swapPrune, sweepGraceMs, sweepPrune } from './prune/two-phase-prune.ts'
export { catBlob, catConfig, catIndex, catKey, catLock, catMasterKey, catPack, catSnapshot, catTree } from './query/cat.ts'
export { type Change, changeToJson, type DiffOptions, type DiffStatistics, diff, diffStatisticsToJson } from './query/diff.ts'
export { type FindOptions, type FoundEntry, findEntries, foundEntriesToJson } from './query/find-entries.ts'
export {
  blobsOfPacks,
  type FoundObject,
  findObjects,
  foundObjectsToJson,
  packOfObject,
  type WantedObjects,
} from './query/find-objects.ts'
export { byteSizeText, goModeText, localTimeText } from './query/go-text.ts'
export { type ListedItem, type LsOptions, type LsSort, ls, lsItemToJson, lsSnapshotToJson } from './query/ls.ts'
export { nodeLine } from './query/node-line.ts'
export { type Stats, type StatsMode, stats, statsToJson } from './query/stats.ts'
export { type RepairIndexOptions, type RepairIndexResult, repairIndex } from './repair/repair-index.ts'
export { type LostBlob, parsePackIds, type RepairPacksOptions, type RepairPacksResult, repairPacks } from './repair/repair-packs.ts'
export { type RepairedSnapshot, type RepairSnapshotsOptions, repairSnapshots } from './repair/repair-snapshots.ts'
export type { TreeRepair } from './repair/tree-repairer.ts'
export { BlobReader } from './repository/blob-reader.ts'
export { addKeyFile, type KeyFileOptions, listKeyFiles } from './repository/key-files.ts'
export { type LoadIndexOptions, loadIndex } from './repository/load-index.ts'
export { type InitOptions, initRepository, type OpenOptions, openRepository } from './repository/open-repository.ts'
export { Repository } from './repository/repository.ts'
export {
  defaultScryptCost,
  type Identity,
  type Lease,
  type RepositoryContext,
  type ScryptCost,
} from './repository/repository-context.ts'
export type { WriteLock } from './repository/write-lock.ts'
export { type OverwriteMode, type RestoreCounts, type RestoreOptions, Restorer } from './restore/restorer.ts'
export { type ChangeTagsOptions, changeTags, type TagChange, tagChangeToJson, tagSummaryToJson } from './rewrite/change-tags.ts'
export { type RecoverOptions, type RecoverResult, recoverSnapshot } from './rewrite/recover-snapshot.ts'
export { type RewriteOptions, rewriteSnapshots } from './rewrite/rewrite-snapshots.ts'
export { listSnapshots, loadSnapshot, saveSnapshot } from './snapshots/snapshots.ts'
export { contentCutOf, gearSecret, type MarkOptions, markCreated } from './state/format-marker.ts'
export { recordKnown } from './state/known-files.ts'
export { loadVaultState } from './state/load-vault-state.ts'
export { StateChainError } from './state/state-chain.ts'
export { StatePruneLedger } from './state/state-prune-ledger.ts'
export {
  type Hold,
  heldAt,
  type KnownNames,
  type LockedFile,
  type LockPolicy,
  type StateHead,
  type VaultState,
} from './state/vault-state.ts'
export { undoUpgrade, upgradeRepository } from './upgrade/upgrade-repository.ts'
export { findFolder, findNode } from './walk/find-folder.ts'
export { findSnapshot, type SnapshotPlace, selectSnapshots } from './walk/find-snapshots.ts'
export { type TreeSource, type WalkedItem, type WalkOptions, walkTree } from './walk/walk-tree.ts'
