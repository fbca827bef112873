import type { NodeType } from '../format/node.ts'

/** The bits of Go's `os.FileMode` that restic stores (documented in Go's package io/fs); the low nine are the permissions. */
const modeDir = 0x8000_0000
const modeSymlink = 0x0800_0000
const modeDevice = 0x0400_0000
const modeNamedPipe = 0x0200_0000
const modeSocket = 0x0100_0000
const modeSetuid = 0x0080_0000
const modeSetgid = 0x0040_0000
const modeCharDevice = 0x0020_0000
const modeSticky = 0x0010_0000
const modeIrregular = 0x0008_0000

const typeBits: Readonly<Record<Exclude<NodeType, ''>, number>> = {
  file: 0,
  dir: modeDir,
  symlink: modeSymlink,
  dev: modeDevice,
  chardev: modeDevice | modeCharDevice,
  fifo: modeNamedPipe,
  socket: modeSocket,
  irregular: modeIrregular,
}

/** `permissions` are st_mode & 0o7777. The result is unsigned, as restic writes it. */
export function goFileMode(type: Exclude<NodeType, ''>, permissions: number): number {
  let mode = (permissions & 0o777) | typeBits[type]
  if ((permissions & 0o7000) !== 0) {
    if ((permissions & 0o4000) !== 0) mode |= modeSetuid
    if ((permissions & 0o2000) !== 0) mode |= modeSetgid
    if ((permissions & 0o1000) !== 0) mode |= modeSticky
  }
  return mode >>> 0
}

/** The permission, set-id and sticky bits as chmod(2) takes them. */
export function permissionsOf(mode: number): number {
  let permissions = mode & 0o777
  if ((mode & modeSetuid) !== 0) permissions |= 0o4000
  if ((mode & modeSetgid) !== 0) permissions |= 0o2000
  if ((mode & modeSticky) !== 0) permissions |= 0o1000
  return permissions
}
