import { type ByteString, byteStringFrom, CoffreError } from '@coffre/foundation'

/** One entry of an archive. */
export interface TarEntry {
  readonly kind: 'file' | 'folder' | 'symlink'
  /** Without a slash at its end. */
  readonly path: ByteString
  readonly mode: number
  readonly modifiedMs: number
  readonly sizeBytes: number
}

const blockBytes = 512
const kinds: Readonly<Record<string, TarEntry['kind']>> = { '0': 'file', '\0': 'file', '2': 'symlink', '5': 'folder' }

/**
 * Reads a tar archive as PostgreSQL writes it, from parts of any size. Entries in order; the content of one is read to its end, or
 * passed over, before the next. Contents are handed on as they came, without a copy.
 */
export class TarReader {
  readonly #nextPart: () => Promise<Uint8Array | undefined>
  #part: Uint8Array = new Uint8Array(0)
  /** Content of the current entry, and the padding after it, that was not read yet. */
  #contentBytes = 0
  #paddingBytes = 0

  constructor(nextPart: () => Promise<Uint8Array | undefined>) {
    this.#nextPart = nextPart
  }

  /** The next entry; undefined at the end of the archive. */
  async next(): Promise<TarEntry | undefined> {
    await this.#pass(this.#contentBytes + this.#paddingBytes)
    this.#contentBytes = 0
    for (;;) {
      const block = await this.#block()
      if (block === undefined) return undefined
      // The archive ends with empty blocks, which the server sends or not.
      if (block.every((byte) => byte === 0)) continue
      return this.#open(block)
    }
  }

  /** The content of the current entry. */
  async *content(): AsyncGenerator<Uint8Array> {
    while (this.#contentBytes > 0) {
      const part = await this.#take(this.#contentBytes)
      this.#contentBytes -= part.length
      yield part
    }
  }

  #open(block: Buffer): TarEntry {
    let sum = 8 * 0x20
    for (const [at, byte] of block.entries()) if (at < 148 || at >= 156) sum += byte
    if (sum !== Number.parseInt(cString(block, 148, 8).trim(), 8)) throw damaged('an entry whose head does not fit its checksum')
    const kind = kinds[String.fromCharCode(block[156] ?? 0)]
    if (kind === undefined) throw damaged(`an entry of type ${block[156]}`)
    const sizeBytes = kind === 'file' ? number(block, 124, 12) : 0
    this.#contentBytes = sizeBytes
    this.#paddingBytes = (blockBytes - (sizeBytes % blockBytes)) % blockBytes
    const name = cBytes(block, 0, 100)
    const prefix = block.toString('latin1', 257, 262) === 'ustar' ? cBytes(block, 345, 155) : Buffer.alloc(0)
    const path = byteStringFrom(prefix.length === 0 ? name : Buffer.concat([prefix, Buffer.from('/'), name]))
    return {
      kind,
      path: path.endsWith('/') ? path.slice(0, -1) : path,
      mode: number(block, 100, 8) & 0o7777,
      modifiedMs: number(block, 136, 12) * 1000,
      sizeBytes,
    }
  }

  /** One block; undefined when the archive ends before it. */
  async #block(): Promise<Buffer | undefined> {
    const block = Buffer.alloc(blockBytes)
    for (let filled = 0; filled < blockBytes; ) {
      const part = await this.#take(blockBytes - filled, filled > 0)
      if (part.length === 0) return undefined
      block.set(part, filled)
      filled += part.length
    }
    return block
  }

  async #pass(bytes: number): Promise<void> {
    for (let left = bytes; left > 0; ) left -= (await this.#take(left)).length
  }

  /** Some bytes, at most so many; none only at the end of the archive, where it may end. */
  async #take(bytesMax: number, isInside = true): Promise<Uint8Array> {
    while (this.#part.length === 0) {
      const part = await this.#nextPart()
      if (part === undefined && isInside) throw damaged('an end in the middle of an entry')
      if (part === undefined) return new Uint8Array(0)
      this.#part = part
    }
    const taken = this.#part.subarray(0, bytesMax)
    this.#part = this.#part.subarray(taken.length)
    return taken
  }
}

/** Octal digits, or a number in base 256 when the first bit is set. */
function number(block: Buffer, at: number, length: number): number {
  if (((block[at] ?? 0) & 0x80) === 0) return Number.parseInt(cString(block, at, length).trim() || '0', 8)
  let value = 0
  for (const byte of block.subarray(at + length - 8, at + length)) value = value * 256 + byte
  return value
}

function cString(block: Buffer, at: number, length: number): string {
  return cBytes(block, at, length).toString('latin1')
}

function cBytes(block: Buffer, at: number, length: number): Buffer {
  const field = block.subarray(at, at + length)
  const end = field.indexOf(0)
  return end < 0 ? field : field.subarray(0, end)
}

function damaged(what: string): CoffreError {
  return new CoffreError('source.failed', `the archive that PostgreSQL sends has ${what}`)
}
