import { type ByteString, compareByteStrings } from '@coffre/foundation'
import type { ExtendedAttribute } from '../format/node.ts'
import { errnoName, type FileOperation, FileSystemError } from './file-system-error.ts'
import type { LinuxLibrary } from './linux-library.ts'
import type { UnreadableAttribute } from './local-files.ts'
import { NativeMemory, NativeText, nameFrom } from './native-memory.ts'

/** The kernel allocates what it is offered, so most calls offer little. */
const usualBytes = 512
const firstBytes = 64 * 1024
/** Linux allows 64 KiB; some file systems with patches of their own allow more (TrueNAS). */
const bytesMax = 64 * 1024 * 1024

/** Extended attributes of paths that the caller has put in place; see xattr(7). Links are not followed. */
export class LinuxAttributes {
  readonly #library: LinuxLibrary
  readonly #name: NativeText
  #list: NativeMemory
  #value: NativeMemory

  constructor(library: LinuxLibrary) {
    this.#library = library
    this.#name = new NativeText(library.addressOf)
    this.#list = new NativeMemory(firstBytes, library.addressOf)
    this.#value = new NativeMemory(firstBytes, library.addressOf)
  }

  read(path: number, about: ByteString, onUnreadable: UnreadableAttribute | undefined): ExtendedAttribute[] {
    const length = this.#readList(path, about)
    if (length === 0) return []
    const attributes: ExtendedAttribute[] = []
    const { bytes } = this.#list
    for (let at = 0; at < length; ) {
      const end = bytes.indexOf(0, at)
      const name = nameFrom(bytes, at, end)
      const value = this.#readValue(path, at, about, name, onUnreadable)
      if (value !== undefined) attributes.push({ name, value })
      at = end + 1
    }
    return attributes.sort((a, b) => compareByteStrings(a.name, b.name))
  }

  set(path: number, about: ByteString, attribute: ExtendedAttribute): void {
    const { value } = attribute
    if (value.length > this.#value.bytes.length) this.#value = new NativeMemory(value.length, this.#library.addressOf)
    this.#value.bytes.set(value)
    const operation = 'set an extended attribute of'
    const name = this.#name.put(attribute.name, operation, about)
    if (this.#library.setAttribute(path, name, this.#value.address, value.length, 0) === -1)
      this.#fail(operation, about, attribute.name)
  }

  remove(path: number, about: ByteString, name: ByteString): void {
    const operation = 'remove an extended attribute of'
    if (this.#library.removeAttribute(path, this.#name.put(name, operation, about)) === -1) this.#fail(operation, about, name)
  }

  #readList(path: number, about: ByteString): number {
    for (let capacity = usualBytes; ; capacity = this.#list.bytes.length) {
      const length = this.#library.listAttributes(path, this.#list.address, capacity)
      if (length !== -1) return length
      const errno = errnoName(this.#library.errno())
      // CIFS answers ENODATA where others answer ENOTSUP.
      if (errno === 'ENOTSUP' || errno === 'ENODATA') return 0
      if (!isTooSmall(errno) || capacity >= bytesMax) throw new FileSystemError('read the extended attributes of', about, errno)
      if (capacity === this.#list.bytes.length) this.#list = new NativeMemory(this.#list.bytes.length * 2, this.#library.addressOf)
    }
  }

  /** `undefined` for one that vanished meanwhile or is reported as unreadable. */
  #readValue(path: number, nameOffset: number, about: ByteString, name: ByteString, onUnreadable: UnreadableAttribute | undefined) {
    for (let capacity = usualBytes; ; capacity = this.#value.bytes.length) {
      const length = this.#library.getAttribute(path, this.#list.address + nameOffset, this.#value.address, capacity)
      if (length !== -1) return new Uint8Array(this.#value.bytes.subarray(0, length))
      const errno = errnoName(this.#library.errno())
      if (errno === 'ENODATA') return undefined
      if (isTooSmall(errno) && capacity < bytesMax) {
        if (capacity === this.#value.bytes.length)
          this.#value = new NativeMemory(this.#value.bytes.length * 2, this.#library.addressOf)
        continue
      }
      const error = new FileSystemError('read the extended attributes of', about, errno, { attribute: name })
      if (onUnreadable === undefined) throw error
      onUnreadable(name, error)
      return undefined
    }
  }

  #fail(operation: FileOperation, about: ByteString, name: ByteString): never {
    throw new FileSystemError(operation, about, errnoName(this.#library.errno()), { attribute: name })
  }
}

function isTooSmall(errno: string): boolean {
  return errno === 'ERANGE' || errno === 'E2BIG'
}
