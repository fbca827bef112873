import type { ByteString } from '@coffre/foundation'
import type { ExtendedAttribute, NodeType, Uint64 } from '../format/node.ts'
import type { FileSystemError } from './file-system-error.ts'

/** Seconds since 1970 (may be negative) and the nanoseconds within that second. */
export interface FileTime {
  readonly seconds: number
  readonly nanoseconds: number
}

export interface FileStatus {
  readonly type: Exclude<NodeType, ''>
  /** The permission, set-id and sticky bits: st_mode & 0o7777. */
  readonly permissions: number
  readonly uid: number
  readonly gid: number
  readonly links: Uint64
  readonly inode: Uint64
  readonly device: Uint64
  /** The device that a special file stands for. */
  readonly specialDevice: Uint64
  readonly sizeBytes: number
  readonly blocks512: number
  readonly mtime: FileTime
  readonly atime: FileTime
  readonly ctime: FileTime
}

export interface DirectoryEntry {
  readonly name: ByteString
  /** '' when the file system does not say. */
  readonly type: NodeType
}

export type UnreadableAttribute = (name: ByteString, error: FileSystemError) => void

/**
 * The local file system with everything that Node's `fs` loses: names of any bytes, times to the nanosecond, extended attributes,
 * devices, 64-bit numbers. Synchronous, for threads that may block. Links are never followed. Failures are `FileSystemError`s
 * with the errno's name, the operation and the path.
 */
export interface LocalFiles {
  /** True where extended attributes, device files and nanosecond times can be kept: Linux. */
  readonly isExact: boolean
  /** All entries but '.' and '..', in the order of the directory. */
  readDirectory(path: ByteString): DirectoryEntry[]
  status(path: ByteString): FileStatus
  /** Undefined where there is nothing (ENOENT, ENOTDIR); cheaper than catching the error of `status`. */
  statusIfThere(path: ByteString): FileStatus | undefined
  readLink(path: ByteString): ByteString
  /**
   * Sorted by name; empty where the file system has none. One that is listed but cannot be read is left out and handed to
   * `onUnreadable`; without it, that is an error.
   */
  extendedAttributes(path: ByteString, onUnreadable?: UnreadableAttribute): ExtendedAttribute[]
  /** '' for a number that has no name. Looked up once, as the system's name service answers. */
  userName(uid: number): string
  groupName(gid: number): string
  userId(name: string): number | undefined
  groupId(name: string): number | undefined

  /** The permissions of this and of fifos are less the process's umask. */
  makeDirectory(path: ByteString, permissions: number): void
  makeSymlink(target: ByteString, path: ByteString): void
  makeHardLink(existing: ByteString, path: ByteString): void
  makeFifo(path: ByteString, permissions: number): void
  /** Needs root, as mknod(2) does. */
  makeDevice(path: ByteString, type: 'dev' | 'chardev', specialDevice: Uint64): void
  makeSocket(path: ByteString): void
  /** Not for symlinks, which have no permissions of their own. */
  setPermissions(path: ByteString, permissions: number): void
  setOwner(path: ByteString, uid: number, gid: number): void
  setTimes(path: ByteString, atime: FileTime, mtime: FileTime): void
  setExtendedAttribute(path: ByteString, attribute: ExtendedAttribute): void
  removeExtendedAttribute(path: ByteString, name: ByteString): void
  rename(from: ByteString, to: ByteString): void
  /** A file or symlink. */
  removeFile(path: ByteString): void
  /** An empty directory. */
  removeDirectory(path: ByteString): void

  /**
   * O_RDONLY without following a link, waiting on a fifo or, where allowed, changing the access time; the descriptor of a regular
   * file, or a FileSystemError.
   */
  openForRead(path: ByteString): number
  /** O_RDWR | O_CREAT without following a link; with `exclusive`, an existing file is an error. Created with 0o600. Regular files only. */
  openForWrite(path: ByteString, exclusive: boolean): number
  statusOf(descriptor: number): FileStatus
  setPermissionsOf(descriptor: number, permissions: number): void
  setOwnerOf(descriptor: number, uid: number, gid: number): void
  setTimesOf(descriptor: number, atime: FileTime, mtime: FileTime): void
  /** The descriptors are those of `node:fs`, whose close may be used as well. */
  close(descriptor: number): void
}
