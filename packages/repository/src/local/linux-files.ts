import { constants } from 'node:fs'
import { constants as systemConstants } from 'node:os'
import type { ByteString } from '@coffre/foundation'
import type { ExtendedAttribute, Uint64 } from '../format/node.ts'
import { RememberedAccounts } from './accounts.ts'
import { errnoName, type FileOperation, FileSystemError } from './file-system-error.ts'
import { LinuxAccounts } from './linux-accounts.ts'
import { LinuxAttributes } from './linux-attributes.ts'
import { decodeEntries } from './linux-directory.ts'
import { type LinuxLibrary, linux, openLinuxLibrary } from './linux-library.ts'
import { StatusReader, statusBytes } from './linux-status.ts'
import type { DirectoryEntry, FileStatus, FileTime, LocalFiles, UnreadableAttribute } from './local-files.ts'
import { NativeMemory, NativeText, nameFrom } from './native-memory.ts'

const { errno: errnoNumbers } = systemConstants
const entriesBytes = 128 * 1024
const readFlags = constants.O_RDONLY | linux.openNoFollow | constants.O_NONBLOCK | linux.openCloseOnExec
const writeFlags = constants.O_RDWR | constants.O_CREAT | linux.openNoFollow | constants.O_NONBLOCK | linux.openCloseOnExec
const noFollow = linux.atNoFollow | linux.atNoAutomount

/** Calls libc. Each thread opens its own: the memory that passes names and results belongs to one call at a time. */
export class LinuxFiles extends RememberedAccounts implements LocalFiles {
  readonly isExact = true
  readonly #library: LinuxLibrary
  readonly #attributes: LinuxAttributes
  readonly #path: NativeText
  readonly #otherPath: NativeText
  readonly #entries: NativeMemory
  readonly #status: NativeMemory
  readonly #times: NativeMemory
  readonly #reader: StatusReader
  readonly #hasChmodAt: boolean

  constructor(library: LinuxLibrary = openLinuxLibrary()) {
    super(new LinuxAccounts(library))
    const { addressOf } = library
    this.#library = library
    this.#attributes = new LinuxAttributes(library)
    this.#path = new NativeText(addressOf)
    this.#otherPath = new NativeText(addressOf)
    this.#entries = new NativeMemory(entriesBytes, addressOf)
    this.#status = new NativeMemory(statusBytes, addressOf)
    this.#times = new NativeMemory(32, addressOf)
    this.#reader = new StatusReader(this.#status)
    // A flag that no kernel knows: those with the call say so, older ones and sandboxes refuse the call itself.
    this.#hasChmodAt = library.chmodAt(this.#path.put('', 'open'), 0, 0x4000_0000) === -1 && errnoName(library.errno()) === 'EINVAL'
  }

  readDirectory(path: ByteString): DirectoryEntry[] {
    const operation = 'read the directory'
    const descriptor = this.#openQuietly(operation, path, readFlags | linux.openDirectory)
    try {
      const entries: DirectoryEntry[] = []
      for (;;) {
        const length = this.#library.readEntries(descriptor, this.#entries.address, entriesBytes)
        if (length === -1) this.#fail(operation, path)
        if (length === 0) return entries
        decodeEntries(this.#entries.bytes, length, entries)
      }
    } finally {
      this.#library.close(descriptor)
    }
  }

  status(path: ByteString): FileStatus {
    const operation = 'read the status of'
    const result = this.#library.statx(linux.atWorkingDirectory, this.#path.put(path, operation), noFollow, this.#status.address)
    if (result === -1) this.#fail(operation, path)
    return this.#reader.read()
  }

  statusIfThere(path: ByteString): FileStatus | undefined {
    const operation = 'read the status of'
    const result = this.#library.statx(linux.atWorkingDirectory, this.#path.put(path, operation), noFollow, this.#status.address)
    if (result === 0) return this.#reader.read()
    const errno = this.#library.errno()
    if (errno === errnoNumbers.ENOENT || errno === errnoNumbers.ENOTDIR) return undefined
    throw new FileSystemError(operation, path, errnoName(errno))
  }

  readLink(path: ByteString): ByteString {
    const operation = 'read the link'
    const length = this.#library.readlink(this.#path.put(path, operation), this.#entries.address, entriesBytes)
    if (length === -1) this.#fail(operation, path)
    return nameFrom(this.#entries.bytes, 0, length)
  }

  extendedAttributes(path: ByteString, onUnreadable?: UnreadableAttribute): ExtendedAttribute[] {
    return this.#attributes.read(this.#path.put(path, 'read the extended attributes of'), path, onUnreadable)
  }

  setExtendedAttribute(path: ByteString, attribute: ExtendedAttribute): void {
    this.#attributes.set(this.#path.put(path, 'set an extended attribute of'), path, attribute)
  }

  removeExtendedAttribute(path: ByteString, name: ByteString): void {
    this.#attributes.remove(this.#path.put(path, 'remove an extended attribute of'), path, name)
  }

  makeDirectory(path: ByteString, permissions: number): void {
    this.#onPath('make the directory', path, (at) => this.#library.mkdir(at, permissions))
  }

  makeSymlink(target: ByteString, path: ByteString): void {
    const text = this.#otherPath.put(target, 'make the symlink', path)
    this.#onPath('make the symlink', path, (at) => this.#library.symlink(text, at))
  }

  makeHardLink(existing: ByteString, path: ByteString): void {
    const from = this.#otherPath.put(existing, 'make the hard link')
    this.#onPath('make the hard link', path, (at) => this.#library.link(from, at))
  }

  makeFifo(path: ByteString, permissions: number): void {
    this.#onPath('make the fifo', path, (at) => this.#library.makeNode(at, constants.S_IFIFO | permissions, 0))
  }

  makeDevice(path: ByteString, type: 'dev' | 'chardev', specialDevice: Uint64): void {
    // The kernel's own numbers have 32 bits, and it would silently drop the rest.
    if (specialDevice >= 2 ** 32) {
      throw new FileSystemError('make the device', path, 'EINVAL', {
        detail: `the device number ${specialDevice} is beyond 32 bits`,
      })
    }
    const mode = (type === 'dev' ? constants.S_IFBLK : constants.S_IFCHR) | 0o600
    this.#onPath('make the device', path, (at) => this.#library.makeNode(at, mode, Number(specialDevice)))
  }

  makeSocket(path: ByteString): void {
    this.#onPath('make the socket', path, (at) => this.#library.makeNode(at, constants.S_IFSOCK | 0o777, 0))
  }

  setPermissions(path: ByteString, permissions: number): void {
    const operation = 'set the permissions of'
    if (this.#hasChmodAt) this.#onPath(operation, path, (at) => this.#library.chmodAt(at, permissions, linux.atNoFollow))
    else this.#setPermissionsThroughDescriptor(operation, path, permissions)
  }

  setOwner(path: ByteString, uid: number, gid: number): void {
    this.#onPath('set the owner of', path, (at) => this.#library.lchown(at, uid, gid))
  }

  setTimes(path: ByteString, atime: FileTime, mtime: FileTime): void {
    const times = this.#putTimes(atime, mtime)
    this.#onPath('set the times of', path, (at) => this.#library.utimensat(linux.atWorkingDirectory, at, times, linux.atNoFollow))
  }

  rename(from: ByteString, to: ByteString): void {
    const target = this.#otherPath.put(to, 'rename', from)
    this.#onPath('rename', from, (at) => this.#library.rename(at, target))
  }

  removeFile(path: ByteString): void {
    this.#onPath('remove', path, (at) => this.#library.unlink(at))
  }

  removeDirectory(path: ByteString): void {
    this.#onPath('remove', path, (at) => this.#library.rmdir(at))
  }

  openForRead(path: ByteString): number {
    return this.#regular('open', path, this.#openQuietly('open', path, readFlags))
  }

  openForWrite(path: ByteString, exclusive: boolean): number {
    const operation = 'open for writing'
    const flags = exclusive ? writeFlags | constants.O_EXCL : writeFlags
    const descriptor = this.#library.open(this.#path.put(path, operation), flags, 0o600)
    if (descriptor === -1) this.#fail(operation, path)
    return this.#regular(operation, path, descriptor)
  }

  statusOf(descriptor: number): FileStatus {
    this.#readStatusOf(descriptor, 'read the status of', nameOf(descriptor))
    return this.#reader.read()
  }

  setPermissionsOf(descriptor: number, permissions: number): void {
    this.#onDescriptor('set the permissions of', descriptor, this.#library.fchmod(descriptor, permissions))
  }

  setOwnerOf(descriptor: number, uid: number, gid: number): void {
    this.#onDescriptor('set the owner of', descriptor, this.#library.fchown(descriptor, uid, gid))
  }

  setTimesOf(descriptor: number, atime: FileTime, mtime: FileTime): void {
    this.#onDescriptor('set the times of', descriptor, this.#library.futimens(descriptor, this.#putTimes(atime, mtime)))
  }

  close(descriptor: number): void {
    if (this.#library.close(descriptor) === 0) return
    const errno = errnoName(this.#library.errno())
    // Linux has closed the descriptor all the same (close(2)).
    if (errno !== 'EINTR') throw new FileSystemError('close', nameOf(descriptor), errno)
  }

  /** Without touching the access time, which only owner and root may ask for. */
  #openQuietly(operation: FileOperation, path: ByteString, flags: number): number {
    const at = this.#path.put(path, operation)
    let descriptor = this.#library.open(at, flags | linux.openNoAtime, 0)
    if (descriptor === -1 && errnoName(this.#library.errno()) === 'EPERM') descriptor = this.#library.open(at, flags, 0)
    if (descriptor === -1) this.#fail(operation, path)
    return descriptor
  }

  #regular(operation: FileOperation, path: ByteString, descriptor: number): number {
    try {
      this.#readStatusOf(descriptor, operation, path)
      const { type } = this.#reader
      if (type === 'file') return descriptor
      throw new FileSystemError(operation, path, type === 'dir' ? 'EISDIR' : 'EINVAL', {
        detail: `it is no regular file but of type '${type}'`,
      })
    } catch (error) {
      this.#library.close(descriptor)
      throw error
    }
  }

  #readStatusOf(descriptor: number, operation: FileOperation, about: ByteString): void {
    const nothing = this.#path.put('', operation)
    if (this.#library.statx(descriptor, nothing, linux.atEmptyPath, this.#status.address) === -1) this.#fail(operation, about)
  }

  /** For kernels before 6.6, which have no chmod that does not follow links. */
  #setPermissionsThroughDescriptor(operation: FileOperation, path: ByteString, permissions: number): void {
    const flags = linux.openPathOnly | linux.openNoFollow | linux.openCloseOnExec
    const descriptor = this.#library.open(this.#path.put(path, operation), flags, 0)
    if (descriptor === -1) this.#fail(operation, path)
    try {
      this.#readStatusOf(descriptor, operation, path)
      if (this.#reader.type === 'symlink') throw new FileSystemError(operation, path, 'ENOTSUP')
      if (this.#library.chmod(this.#path.put(`/proc/self/fd/${descriptor}`, operation), permissions) === -1)
        this.#fail(operation, path)
    } finally {
      this.#library.close(descriptor)
    }
  }

  #putTimes(atime: FileTime, mtime: FileTime): number {
    const { bytes, address } = this.#times
    for (const [offset, time] of [
      [0, atime],
      [16, mtime],
    ] as const) {
      bytes.writeBigInt64LE(BigInt(time.seconds), offset)
      bytes.writeBigInt64LE(BigInt(time.nanoseconds), offset + 8)
    }
    return address
  }

  #onPath(operation: FileOperation, path: ByteString, call: (address: number) => number): void {
    if (call(this.#path.put(path, operation)) === -1) this.#fail(operation, path)
  }

  #onDescriptor(operation: FileOperation, descriptor: number, result: number): void {
    if (result === -1) this.#fail(operation, nameOf(descriptor))
  }

  #fail(operation: FileOperation, path: ByteString): never {
    throw new FileSystemError(operation, path, errnoName(this.#library.errno()))
  }
}

function nameOf(descriptor: number): ByteString {
  return `file descriptor ${descriptor}`
}
