import * as fs from 'node:fs'
import { type ByteString, byteStringFrom, bytesOf } from '@coffre/foundation'
import type { ExtendedAttribute, NodeType, Uint64 } from '../format/node.ts'
import { AccountFiles } from './account-files.ts'
import { RememberedAccounts } from './accounts.ts'
import { type FileOperation, FileSystemError } from './file-system-error.ts'
import { typeOfMode } from './linux-status.ts'
import type { DirectoryEntry, FileStatus, FileTime, LocalFiles } from './local-files.ts'

const { constants } = fs
// Absent on systems without such files, where nothing is lost by not asking for it.
const careful = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/**
 * Node's `fs`, for systems without native calls: times are set to the microsecond at best, extended attributes are neither read
 * nor set, special files are not made, and a link put in the place of a file in just the wrong moment may be followed.
 */
export class PortableFiles extends RememberedAccounts implements LocalFiles {
  readonly isExact = false

  constructor() {
    super(new AccountFiles())
  }

  readDirectory(path: ByteString): DirectoryEntry[] {
    return onPath('read the directory', path, (at) =>
      fs
        .readdirSync(at, { withFileTypes: true, encoding: 'buffer' })
        .map((entry) => ({ name: byteStringFrom(entry.name), type: typeOfEntry(entry) })),
    )
  }

  status(path: ByteString): FileStatus {
    return onPath('read the status of', path, (at) => statusFrom(fs.lstatSync(at, { bigint: true })))
  }

  statusIfThere(path: ByteString): FileStatus | undefined {
    return onPath('read the status of', path, (at) => {
      const stats = fs.lstatSync(at, { bigint: true, throwIfNoEntry: false })
      return stats === undefined ? undefined : statusFrom(stats)
    })
  }

  readLink(path: ByteString): ByteString {
    return onPath('read the link', path, (at) => byteStringFrom(fs.readlinkSync(at, { encoding: 'buffer' })))
  }

  extendedAttributes(): ExtendedAttribute[] {
    return []
  }

  setExtendedAttribute(path: ByteString, attribute: ExtendedAttribute): void {
    throw new FileSystemError('set an extended attribute of', path, 'ENOTSUP', { attribute: attribute.name })
  }

  removeExtendedAttribute(path: ByteString, name: ByteString): void {
    throw new FileSystemError('remove an extended attribute of', path, 'ENOTSUP', { attribute: name })
  }

  makeDirectory(path: ByteString, permissions: number): void {
    onPath('make the directory', path, (at) => fs.mkdirSync(at, permissions))
  }

  makeSymlink(target: ByteString, path: ByteString): void {
    onPath('make the symlink', path, (at) => fs.symlinkSync(pathBytes('make the symlink', target), at))
  }

  makeHardLink(existing: ByteString, path: ByteString): void {
    onPath('make the hard link', path, (at) => fs.linkSync(pathBytes('make the hard link', existing), at))
  }

  makeFifo(path: ByteString): void {
    throw new FileSystemError('make the fifo', path, 'ENOTSUP')
  }

  makeDevice(path: ByteString): void {
    throw new FileSystemError('make the device', path, 'ENOTSUP')
  }

  makeSocket(path: ByteString): void {
    throw new FileSystemError('make the socket', path, 'ENOTSUP')
  }

  setPermissions(path: ByteString, permissions: number): void {
    const operation = 'set the permissions of'
    onPath(operation, path, (at) => {
      if (fs.lstatSync(at).isSymbolicLink()) throw new FileSystemError(operation, path, 'ENOTSUP')
      fs.chmodSync(at, permissions)
    })
  }

  setOwner(path: ByteString, uid: number, gid: number): void {
    onPath('set the owner of', path, (at) => fs.lchownSync(at, uid, gid))
  }

  setTimes(path: ByteString, atime: FileTime, mtime: FileTime): void {
    onPath('set the times of', path, (at) => fs.lutimesSync(at, secondsOf(atime), secondsOf(mtime)))
  }

  rename(from: ByteString, to: ByteString): void {
    onPath('rename', from, (at) => fs.renameSync(at, pathBytes('rename', to)))
  }

  removeFile(path: ByteString): void {
    onPath('remove', path, (at) => fs.unlinkSync(at))
  }

  removeDirectory(path: ByteString): void {
    onPath('remove', path, (at) => fs.rmdirSync(at))
  }

  openForRead(path: ByteString): number {
    return onPath('open', path, (at) => regular('open', path, fs.openSync(at, constants.O_RDONLY | careful)))
  }

  openForWrite(path: ByteString, exclusive: boolean): number {
    const operation = 'open for writing'
    const flags = constants.O_RDWR | constants.O_CREAT | careful | (exclusive ? constants.O_EXCL : 0)
    return onPath(operation, path, (at) => regular(operation, path, fs.openSync(at, flags, 0o600)))
  }

  statusOf(descriptor: number): FileStatus {
    return onDescriptor('read the status of', descriptor, () => statusFrom(fs.fstatSync(descriptor, { bigint: true })))
  }

  setPermissionsOf(descriptor: number, permissions: number): void {
    onDescriptor('set the permissions of', descriptor, () => fs.fchmodSync(descriptor, permissions))
  }

  setOwnerOf(descriptor: number, uid: number, gid: number): void {
    onDescriptor('set the owner of', descriptor, () => fs.fchownSync(descriptor, uid, gid))
  }

  setTimesOf(descriptor: number, atime: FileTime, mtime: FileTime): void {
    onDescriptor('set the times of', descriptor, () => fs.futimesSync(descriptor, secondsOf(atime), secondsOf(mtime)))
  }

  close(descriptor: number): void {
    onDescriptor('close', descriptor, () => fs.closeSync(descriptor))
  }
}

/** What `lstat` with big integers answers, as a `FileStatus`. */
export function statusFrom(stats: fs.BigIntStats): FileStatus {
  const mode = Number(stats.mode)
  return {
    type: typeOfMode(mode),
    permissions: mode & 0o7777,
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    links: uint64(stats.nlink),
    inode: uint64(stats.ino),
    device: uint64(stats.dev),
    specialDevice: uint64(stats.rdev),
    sizeBytes: Number(stats.size),
    blocks512: Number(stats.blocks),
    mtime: timeFrom(stats.mtimeNs),
    atime: timeFrom(stats.atimeNs),
    ctime: timeFrom(stats.ctimeNs),
  }
}

/** Node hands out 64-bit numbers as if they were signed. */
function uint64(value: bigint): Uint64 {
  const unsigned = BigInt.asUintN(64, value)
  return unsigned <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(unsigned) : unsigned
}

function timeFrom(nanoseconds: bigint): FileTime {
  const rest = ((nanoseconds % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n
  return { seconds: Number((nanoseconds - rest) / 1_000_000_000n), nanoseconds: Number(rest) }
}

function secondsOf(time: FileTime): number {
  return time.seconds + time.nanoseconds / 1e9
}

function typeOfEntry(entry: fs.Dirent<Buffer>): NodeType {
  if (entry.isFile()) return 'file'
  if (entry.isDirectory()) return 'dir'
  if (entry.isSymbolicLink()) return 'symlink'
  if (entry.isFIFO()) return 'fifo'
  if (entry.isSocket()) return 'socket'
  if (entry.isBlockDevice()) return 'dev'
  return entry.isCharacterDevice() ? 'chardev' : ''
}

function regular(operation: FileOperation, path: ByteString, descriptor: number): number {
  const { type } = statusFrom(fs.fstatSync(descriptor, { bigint: true }))
  if (type === 'file') return descriptor
  fs.closeSync(descriptor)
  throw new FileSystemError(operation, path, type === 'dir' ? 'EISDIR' : 'EINVAL', {
    detail: `it is no regular file but of type '${type}'`,
  })
}

function onPath<Result>(operation: FileOperation, path: ByteString, call: (bytes: Buffer) => Result): Result {
  return translated(operation, path, () => call(pathBytes(operation, path)))
}

function pathBytes(operation: FileOperation, path: ByteString): Buffer {
  if (path.includes('\0')) throw new FileSystemError(operation, path, 'EINVAL', { detail: 'a name contains a zero byte' })
  return bytesOf(path)
}

function onDescriptor<Result>(operation: FileOperation, descriptor: number, call: () => Result): Result {
  return translated(operation, `file descriptor ${descriptor}`, call)
}

function translated<Result>(operation: FileOperation, about: ByteString, call: () => Result): Result {
  try {
    return call()
  } catch (error) {
    if (error instanceof FileSystemError) throw error
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (typeof code !== 'string' || !('syscall' in (error as Error))) throw error
    throw new FileSystemError(operation, about, code, { cause: error })
  }
}
