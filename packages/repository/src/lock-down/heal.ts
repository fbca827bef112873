import { throwIfAborted } from '@coffre/foundation'
import type { FileHandle, ObjectLock, ObjectVersion } from '@coffre/storage'
import { Repository } from '../repository/repository.ts'
import { bringBack, type Cure, removeVersions } from './bring-back.ts'
import { findReplayedIndexes, findReplayedSnapshots } from './find-replays.ts'
import { objectLockOf } from './store-time.ts'
import { withVersionFallback } from './version-fallback-backend.ts'
import { isDisturbed, type VersionGroup, versionGroups } from './version-groups.ts'
import { VersionJudge } from './version-judge.ts'

/**
 * What was wrong with a file, and what was done about it.
 * - `hidden`: a marker hid it. `shadowed`: other content lay over it. Both are brought back.
 * - `planted`: no key of this vault made it. `replayed`: it was removed once, or is an index of packs that are gone. Both are removed.
 * - `lost`: no version holds what the name says.
 */
export type HealKind = 'hidden' | 'shadowed' | 'planted' | 'replayed' | 'lost'

export interface HealAction {
  readonly file: FileHandle
  readonly kind: HealKind
  /**
   * `removed`: what was in the way, or the file itself where it was planted. `rewritten`: the right content was put on top, since
   * what lies over it is locked. `none`: nothing could be done, or nothing was to be done in a dry run.
   */
  readonly cure: Cure | 'none'
}

export interface HealOptions {
  readonly dryRun: boolean
  readonly onAction?: (action: HealAction) => void
}

const healedTypes = ['config', 'key', 'snapshot', 'index', 'pack', 'state', 'journal'] as const

/**
 * Makes the vault look to programs that know no versions as it looks to Coffre (rule L6): stock restic works again. Needs the
 * keeper's credentials: s3:DeleteObjectVersion and s3:PutObject. Removes no content that a key of this vault made, but for
 * snapshots and indexes that were put back after they had been removed. Whoever calls it holds an exclusive lock, or knows that
 * nobody else works in the vault. Where nothing is wrong, it changes nothing.
 *
 * What stock restic removed from a locked vault by `forget` or `prune` comes back too: to the store it is the same as an attack.
 */
export async function heal(repository: Repository, options: HealOptions, signal: AbortSignal): Promise<readonly HealAction[]> {
  const actions: HealAction[] = []
  const tell = (action: HealAction): void => {
    actions.push(action)
    options.onAction?.(action)
  }
  const lock = objectLockOf(repository.backend)
  const judge = new VersionJudge(repository)
  for (const type of healedTypes) {
    for (const group of await versionGroups(lock, type, signal)) {
      throwIfAborted(signal)
      const file: FileHandle = { type, name: group.name }
      if (type === 'pack' && !isDisturbed(group)) continue
      await healFile(repository, judge, file, group, options.dryRun, tell, signal)
    }
  }
  // Looked for around what hides files: an index is no replay because somebody has hidden its packs.
  const { backend, context, config, masterKey, keyId } = repository
  const whole = new Repository(withVersionFallback(backend), context, config, masterKey, keyId)
  for (const file of [...(await findReplayedSnapshots(whole, signal)), ...(await findReplayedIndexes(whole, signal))]) {
    if (actions.some((action) => action.kind === 'planted' && action.file.name === file.name)) continue
    const cure = options.dryRun ? 'none' : await removeVersions(lock, file, await lock.versionsOf(file, signal), signal)
    tell({ file, kind: 'replayed', cure })
  }
  return actions
}

async function healFile(
  repository: Repository,
  judge: VersionJudge,
  file: FileHandle,
  group: VersionGroup,
  dryRun: boolean,
  tell: (action: HealAction) => void,
  signal: AbortSignal,
): Promise<void> {
  const lock = objectLockOf(repository.backend)
  const [latest] = group.versions
  if (latest === undefined || group.versions.every((version) => version.isMarker)) return
  const verdict = await judge.judge(file, group, signal)
  if (verdict.kind === 'unknown') return
  if (verdict.kind === 'authentic') {
    if (await hasSameContent(lock, latest, verdict.version, signal)) return
    const above = group.versions.slice(0, group.versions.indexOf(verdict.version))
    const cure = dryRun ? 'none' : await bringBack(repository.backend, lock, file, verdict.version, above, signal)
    tell({ file, kind: latest.isMarker ? 'hidden' : 'shadowed', cure })
    return
  }
  const cure = dryRun || verdict.kind === 'lost' ? 'none' : await removeVersions(lock, file, group.versions, signal)
  tell({ file, kind: verdict.kind, cure })
}

/** What an earlier cure, or a stricter lock, has put on top is no shadow. */
async function hasSameContent(
  lock: ObjectLock,
  latest: ObjectVersion,
  version: ObjectVersion,
  signal: AbortSignal,
): Promise<boolean> {
  if (latest.versionId === version.versionId) return true
  if (latest.isMarker || latest.sizeBytes !== version.sizeBytes) return false
  const load = (of: ObjectVersion): Promise<Uint8Array> => lock.loadVersion(of, of.versionId, undefined, signal)
  return Buffer.from(await load(latest)).equals(await load(version))
}
