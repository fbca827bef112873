import type { Accounts } from './accounts.ts'
import type { LinuxLibrary } from './linux-library.ts'
import { NativeMemory, NativeText } from './native-memory.ts'

/** In both `struct passwd` and `struct group`, the name's address is the first member and the number follows two pointers. */
const recordBytes = 128
const numberOffset = 16
const textBytesMax = 16 * 1024 * 1024
const erange = 34

type Lookup = (record: number, text: number, capacity: number, found: number) => number

/** Users and groups as NSS knows them: files, LDAP, systemd and so on. */
export class LinuxAccounts implements Accounts {
  readonly #library: LinuxLibrary
  readonly #name: NativeText
  readonly #record: NativeMemory
  #text: NativeMemory

  constructor(library: LinuxLibrary) {
    this.#library = library
    this.#name = new NativeText(library.addressOf)
    this.#record = new NativeMemory(recordBytes, library.addressOf)
    this.#text = new NativeMemory(4096, library.addressOf)
  }

  userName(uid: number): string {
    return this.#nameFound((...rest) => this.#library.userById(uid, ...rest))
  }

  groupName(gid: number): string {
    return this.#nameFound((...rest) => this.#library.groupById(gid, ...rest))
  }

  userId(name: string): number | undefined {
    const address = this.#name.put(name, 'look up the user')
    return this.#numberFound((...rest) => this.#library.userByName(address, ...rest))
  }

  groupId(name: string): number | undefined {
    const address = this.#name.put(name, 'look up the group')
    return this.#numberFound((...rest) => this.#library.groupByName(address, ...rest))
  }

  #nameFound(lookup: Lookup): string {
    if (!this.#find(lookup)) return ''
    // POSIX: what the members point to is allocated from the memory that the caller provides.
    const offset = Number(this.#record.bytes.readBigUInt64LE(0)) - this.#text.address
    return offset >= 0 && offset < this.#text.bytes.length ? this.#text.textAt(offset) : ''
  }

  #numberFound(lookup: Lookup): number | undefined {
    return this.#find(lookup) ? this.#record.bytes.readUInt32LE(numberOffset) : undefined
  }

  #find(lookup: Lookup): boolean {
    const found = recordBytes - 8
    for (;;) {
      this.#record.bytes.fill(0)
      const errno = lookup(this.#record.address, this.#text.address, this.#text.bytes.length, this.#record.address + found)
      if (errno !== erange || this.#text.bytes.length >= textBytesMax) {
        return errno === 0 && this.#record.bytes.readBigUInt64LE(found) !== 0n
      }
      this.#text = new NativeMemory(this.#text.bytes.length * 4, this.#library.addressOf)
    }
  }
}
