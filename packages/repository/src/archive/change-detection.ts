import type { ExtendedAttribute, Id, Node } from '../format/node.ts'
import { sameInstant } from '../local/timestamp.ts'

/** What may differ and the file still counts as unchanged, for file systems that keep no stable inode or ctime. */
export interface ChangeTolerance {
  readonly ignoreInode: boolean
  readonly ignoreCtime: boolean
}

/** Whether the content of `current` is that of `previous`, as far as size, times and inode tell. */
export function isUnchanged(current: Node, previous: Node | undefined, tolerance: ChangeTolerance): boolean {
  return (
    previous !== undefined &&
    previous.type === 'file' &&
    (previous.size ?? 0) === (current.size ?? 0) &&
    sameInstant(previous.mtime, current.mtime) &&
    (tolerance.ignoreCtime || sameInstant(previous.ctime, current.ctime)) &&
    (tolerance.ignoreInode || (previous.inode ?? 0) === (current.inode ?? 0))
  )
}

/** Whether nothing at all differs: what a summary counts as unmodified. */
export function isSameNode(a: Node, b: Node): boolean {
  return (
    a.name === b.name &&
    a.type === b.type &&
    (a.mode ?? 0) === (b.mode ?? 0) &&
    sameInstant(a.mtime, b.mtime) &&
    sameInstant(a.atime, b.atime) &&
    sameInstant(a.ctime, b.ctime) &&
    a.uid === b.uid &&
    a.gid === b.gid &&
    (a.user ?? '') === (b.user ?? '') &&
    (a.group ?? '') === (b.group ?? '') &&
    (a.inode ?? 0) === (b.inode ?? 0) &&
    (a.deviceId ?? 0) === (b.deviceId ?? 0) &&
    (a.size ?? 0) === (b.size ?? 0) &&
    (a.links ?? 0) === (b.links ?? 0) &&
    (a.linkTarget ?? '') === (b.linkTarget ?? '') &&
    (a.device ?? 0) === (b.device ?? 0) &&
    a.subtree === b.subtree &&
    sameIds(a.content, b.content) &&
    sameAttributes(a.extendedAttributes, b.extendedAttributes) &&
    sameGenericAttributes(a.genericAttributes, b.genericAttributes) &&
    (a.error ?? '') === (b.error ?? '')
  )
}

function sameIds(a: readonly Id[] | null, b: readonly Id[] | null): boolean {
  if (a === b) return true
  return a !== null && b !== null && a.length === b.length && a.every((id, i) => id === b[i])
}

function sameAttributes(a: readonly ExtendedAttribute[] = [], b: readonly ExtendedAttribute[] = []): boolean {
  return (
    a.length === b.length &&
    a.every((attribute) => b.some((other) => other.name === attribute.name && Buffer.compare(other.value, attribute.value) === 0))
  )
}

function sameGenericAttributes(a: ReadonlyMap<string, string> = new Map(), b: ReadonlyMap<string, string> = new Map()): boolean {
  return a.size === b.size && [...a].every(([name, json]) => b.get(name) === json)
}
