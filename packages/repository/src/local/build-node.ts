import type { ByteString } from '@coffre/foundation'
import type { ExtendedAttribute, Id, Node, Timestamp } from '../format/node.ts'
import { goFileMode } from './go-file-mode.ts'
import type { FileStatus } from './local-files.ts'
import { formatTimestamp } from './timestamp.ts'

export interface NodeOptions {
  /** Keep access times; otherwise a node's atime is its mtime, so that reading a file does not change its folder. */
  readonly withAtime: boolean
  /**
   * Which nodes tell st_dev. restic 0.18 has it in all, and only where hard links may need it with its feature
   * `device-id-for-hardlinks`: device numbers change with mounts and snapshots, and each change rewrites every tree.
   */
  readonly deviceIds: 'linked' | 'all'
}

/** What a node is made of. */
export interface FileFacts {
  readonly name: ByteString
  readonly status: FileStatus
  readonly user: string
  readonly group: string
  readonly linkTarget?: ByteString
  readonly extendedAttributes?: readonly ExtendedAttribute[]
  readonly content?: readonly Id[]
  readonly subtree?: Id
}

export type Writable<Type> = { -readonly [Key in keyof Type]: Type[Key] }

/**
 * The node that restic 0.18.1 makes of the same file: `size` for files only, `links` for files, symlinks and devices, `device` for
 * devices, and no field that has Go's zero value. A file without `content` has the empty content.
 */
export function buildNode(
  facts: FileFacts,
  options: NodeOptions,
  format: (time: FileStatus['mtime']) => Timestamp = formatTimestamp,
): Node {
  const { status } = facts
  const { type } = status
  const isDevice = type === 'dev' || type === 'chardev'
  const hasLinks = isDevice || type === 'file' || type === 'symlink'
  const mtime = format(status.mtime)
  const mode = goFileMode(type, status.permissions)
  const node: Writable<Node> = {
    name: facts.name,
    type,
    mtime,
    atime: options.withAtime ? format(status.atime) : mtime,
    ctime: format(status.ctime),
    uid: status.uid,
    gid: status.gid,
    inode: status.inode,
    content: type === 'file' ? (facts.content ?? []) : null,
  }
  if (mode !== 0) node.mode = mode
  if (facts.user !== '') node.user = facts.user
  if (facts.group !== '') node.group = facts.group
  if (hasDeviceId(status, hasLinks, options)) node.deviceId = status.device
  if (type === 'file' && status.sizeBytes !== 0) node.size = status.sizeBytes
  if (hasLinks && status.links !== 0) node.links = status.links
  if (isDevice && status.specialDevice !== 0) node.device = status.specialDevice
  if (facts.linkTarget !== undefined) node.linkTarget = facts.linkTarget
  if (facts.extendedAttributes !== undefined && facts.extendedAttributes.length > 0)
    node.extendedAttributes = facts.extendedAttributes
  if (facts.subtree !== undefined) node.subtree = facts.subtree
  return node
}

/** As restic decides it: fifos and sockets have no `links`, so they keep the device. */
function hasDeviceId(status: FileStatus, hasLinks: boolean, options: NodeOptions): boolean {
  if (status.device === 0) return false
  if (options.deviceIds === 'all') return true
  return status.type !== 'dir' && !(hasLinks && status.links === 1)
}
