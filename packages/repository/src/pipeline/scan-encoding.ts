import type { FileStatus } from '../local/local-files.ts'

/** A status between threads: sixteen doubles, in this order, which copy far quicker than objects do. */
export const statusNumbers = 16

const types = ['file', 'dir', 'symlink', 'dev', 'chardev', 'fifo', 'socket', 'irregular'] as const

/** False when a number does not fit a double exactly: the status then has to travel as it is. */
export function putStatus(status: FileStatus, target: Float64Array, entry: number): boolean {
  const { links, inode, device, specialDevice } = status
  if (typeof links === 'bigint' || typeof inode === 'bigint' || typeof device === 'bigint' || typeof specialDevice === 'bigint')
    return false
  let at = entry * statusNumbers
  target[at++] = types.indexOf(status.type)
  target[at++] = status.permissions
  target[at++] = status.uid
  target[at++] = status.gid
  target[at++] = links
  target[at++] = inode
  target[at++] = device
  target[at++] = specialDevice
  target[at++] = status.sizeBytes
  target[at++] = status.blocks512
  for (const time of [status.mtime, status.atime, status.ctime]) {
    target[at++] = time.seconds
    target[at++] = time.nanoseconds
  }
  return true
}

export function getStatus(source: Float64Array, entry: number): FileStatus {
  const at = entry * statusNumbers
  const number = (offset: number): number => source[at + offset] ?? 0
  return {
    type: types[number(0)] ?? 'irregular',
    permissions: number(1),
    uid: number(2),
    gid: number(3),
    links: number(4),
    inode: number(5),
    device: number(6),
    specialDevice: number(7),
    sizeBytes: number(8),
    blocks512: number(9),
    mtime: { seconds: number(10), nanoseconds: number(11) },
    atime: { seconds: number(12), nanoseconds: number(13) },
    ctime: { seconds: number(14), nanoseconds: number(15) },
  }
}
