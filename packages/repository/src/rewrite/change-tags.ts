import { throwIfAborted } from '@coffre/foundation'
import { CopiedSnapshots } from '../copy/copied-snapshots.ts'
import { commitSnapshot } from '../copy/store-options.ts'
import { goJsonString } from '../format/go-json.ts'
import type { Id } from '../format/node.ts'
import type { Snapshot, StoredSnapshot } from '../format/snapshot.ts'
import type { Held } from '../prune/held.ts'
import { jsonObject } from '../query/json-text.ts'
import type { Repository } from '../repository/repository.ts'
import type { WriteLock } from '../repository/write-lock.ts'
import { listSnapshots } from '../snapshots/snapshots.ts'
import { assertRemovable, removeSnapshot } from './remove-snapshot.ts'

/** Either other tags instead of all that are there, none with `['']`; or some more and some fewer. */
export type TagChange =
  | { readonly set: readonly string[] }
  | { readonly add: readonly string[]; readonly remove: readonly string[] }

export interface ChangeTagsOptions {
  readonly change: TagChange
  readonly held: Held
  readonly lock?: WriteLock
  readonly onChanged?: (oldId: Id, newId: Id) => void
  /** A snapshot that could not be changed, or not be read; the others are. */
  readonly onError: (id: Id, error: unknown) => void
}

/**
 * Replaces each snapshot that the change concerns by one with other tags, which names the first of its kind as its original. The
 * new one is durable before the old one goes; what a stopped run left beside each other, the next one makes one again. The caller
 * holds an exclusive lock. Resolves to the number of changed snapshots.
 */
export async function changeTags(
  repository: Repository,
  snapshots: readonly StoredSnapshot[],
  options: ChangeTagsOptions,
  signal: AbortSignal,
): Promise<number> {
  const present = new Map((await listSnapshots(repository, signal, options.onError)).map((snapshot) => [snapshot.id, snapshot]))
  let changed = 0
  for (const snapshot of snapshots) {
    const tags = changedTags(snapshot.tags ?? [], options.change)
    if (tags === undefined) continue
    try {
      assertRemovable(snapshot.id, options.held)
      present.delete(snapshot.id)
      const newId = await replace(repository, snapshot, tags, present, options, signal)
      changed++
      options.onChanged?.(snapshot.id, newId)
    } catch (error) {
      throwIfAborted(signal)
      options.onError(snapshot.id, error)
    }
  }
  return changed
}

export function tagChangeToJson(oldId: Id, newId: Id): string {
  return jsonObject({ message_type: '"changed"', old_snapshot_id: goJsonString(oldId), new_snapshot_id: goJsonString(newId) })
}

export function tagSummaryToJson(changed: number): string {
  return jsonObject({ message_type: '"summary"', changed_snapshots: changed })
}

async function replace(
  repository: Repository,
  snapshot: StoredSnapshot,
  tags: readonly string[],
  present: Map<Id, StoredSnapshot>,
  options: ChangeTagsOptions,
  signal: AbortSignal,
): Promise<Id> {
  const { id, ...fields } = snapshot
  const fresh: Snapshot = { ...fields, tags, original: snapshot.original ?? id }
  const known = new CopiedSnapshots(present.values()).copyOf({ ...fresh, id })
  const newId = known?.id ?? (await commitSnapshot(repository, fresh, options.lock, signal))
  present.set(newId, { ...fresh, id: newId })
  await removeSnapshot(repository, id, signal)
  return newId
}

/** Undefined when nothing changes. Tags that are set anew count as a change even when they are the same, as in restic. */
function changedTags(tags: readonly string[], change: TagChange): readonly string[] | undefined {
  if ('set' in change) return change.set.length === 1 && change.set[0] === '' ? [] : change.set
  const changed = [...tags]
  for (const tag of change.add) if (!changed.includes(tag)) changed.push(tag)
  for (const tag of change.remove) {
    const at = changed.indexOf(tag)
    const last = changed.at(-1)
    if (at < 0 || last === undefined) continue
    // The last one takes the place of the removed one: restic's order.
    changed[at] = last
    changed.pop()
  }
  return changed.length === tags.length && changed.every((tag, i) => tag === tags[i]) ? undefined : changed
}
