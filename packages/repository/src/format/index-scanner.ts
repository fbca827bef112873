import { arrayOf, damaged, idOf, type JsonObject, objectOf, parseJson, wholeNumberOf } from './json-fields.ts'

/** Told what an index lists, without an object for each blob: indexes of 20 million blobs are read this way. */
export interface IndexVisitor {
  /** 32 bytes in which the scanner puts the id of the pack or blob before each call. */
  readonly id: Uint8Array
  /** A pack begins; the blobs that follow are in it. */
  pack(): void
  /** `rawBytes` is 0 for a blob that is stored uncompressed. */
  blob(isTree: boolean, offset: number, sealedBytes: number, rawBytes: number): void
}

/**
 * Reads an index file: restic's canonical JSON by a scanner of bytes, anything else by JSON.parse, the bare list of packs of the
 * first restic releases too. A malformed index is `repository.damaged`; the visitor may have been told some of its blobs by then.
 */
export function scanIndex(content: Uint8Array, visitor: IndexVisitor): void {
  const scanner = new IndexScanner(content, visitor)
  if (!scanner.scan()) visitParsed(content, new ResumedVisitor(visitor, scanner.told))
}

const text = (literal: string): Uint8Array => Uint8Array.from(Buffer.from(literal))
const indexStart = text('{"packs":[')
const supersededStart = text('{"supersedes":[')
const packsStart = text('],"packs":[')
const packStart = text('{"id":"')
const blobsStart = text('","blobs":[')
const blobStart = text('{"id":"')
const dataType = text('","type":"data","offset":')
const treeType = text('","type":"tree","offset":')
const lengthStart = text(',"length":')
const rawLengthStart = text(',"uncompressed_length":')
const quote = 0x22
const comma = 0x2c
const closeBracket = 0x5d
const closeBrace = 0x7d
const largestNumber = 0xffffffff

/** The value of a hexadecimal digit, or -1. */
const nibbles = Int8Array.from({ length: 256 }, (_, byte) => '0123456789abcdef'.indexOf(String.fromCharCode(byte)))

class IndexScanner {
  readonly #bytes: Uint8Array
  readonly #visitor: IndexVisitor
  readonly #id: Uint8Array
  #at = 0
  #number = 0
  /** How many calls the visitor got. */
  told = 0

  constructor(bytes: Uint8Array, visitor: IndexVisitor) {
    this.#bytes = bytes
    this.#visitor = visitor
    this.#id = visitor.id
  }

  /** False as soon as the content is not canonical. */
  scan(): boolean {
    const isBare = this.#bytes[0] === 0x5b
    if (isBare) this.#at = 1
    else if (!this.#take(indexStart) && !this.#takeSuperseded()) return false
    if (this.#bytes[this.#at] === closeBracket) this.#at++
    else {
      do {
        if (!this.#scanPack()) return false
      } while (this.#bytes[this.#at++] === comma)
      if (this.#bytes[this.#at - 1] !== closeBracket) return false
    }
    if (!isBare && this.#bytes[this.#at++] !== closeBrace) return false
    if (this.#bytes[this.#at] === 0x0a) this.#at++
    return this.#at === this.#bytes.length
  }

  /** What an index replaced is of no interest: restic removes the old ones itself, and reads all that are there. */
  #takeSuperseded(): boolean {
    if (!this.#take(supersededStart)) return false
    do {
      if (this.#bytes[this.#at++] !== quote || !this.#takeId() || this.#bytes[this.#at++] !== quote) return false
    } while (this.#bytes[this.#at++] === comma)
    this.#at--
    return this.#take(packsStart)
  }

  #scanPack(): boolean {
    if (!this.#take(packStart) || !this.#takeId() || !this.#take(blobsStart)) return false
    this.told++
    this.#visitor.pack()
    if (this.#bytes[this.#at] === closeBracket) this.#at++
    else {
      do {
        if (!this.#scanBlob()) return false
      } while (this.#bytes[this.#at++] === comma)
      if (this.#bytes[this.#at - 1] !== closeBracket) return false
    }
    return this.#bytes[this.#at++] === closeBrace
  }

  #scanBlob(): boolean {
    if (!this.#take(blobStart) || !this.#takeId()) return false
    const isTree = this.#bytes[this.#at + 10] === 0x74
    if (!this.#take(isTree ? treeType : dataType) || !this.#takeNumber()) return false
    const offset = this.#number
    if (!this.#take(lengthStart) || !this.#takeNumber()) return false
    const sealedBytes = this.#number
    let rawBytes = 0
    if (this.#bytes[this.#at] === comma) {
      if (!this.#take(rawLengthStart) || !this.#takeNumber()) return false
      rawBytes = this.#number
    }
    if (this.#bytes[this.#at++] !== closeBrace) return false
    this.told++
    this.#visitor.blob(isTree, offset, sealedBytes, rawBytes)
    return true
  }

  #take(literal: Uint8Array): boolean {
    const bytes = this.#bytes
    const at = this.#at
    for (let i = 0; i < literal.length; i++) if (bytes[at + i] !== literal[i]) return false
    this.#at = at + literal.length
    return true
  }

  #takeId(): boolean {
    const bytes = this.#bytes
    const id = this.#id
    const at = this.#at
    if (at + 64 > bytes.length) return false
    let seen = 0
    for (let i = 0; i < 32; i++) {
      const high = nibbles[bytes[at + 2 * i] as number] as number
      const low = nibbles[bytes[at + 2 * i + 1] as number] as number
      seen |= high | low
      id[i] = (high << 4) | low
    }
    this.#at = at + 64
    return seen >= 0
  }

  #takeNumber(): boolean {
    const bytes = this.#bytes
    const start = this.#at
    let at = start
    let number = 0
    for (let digit = (bytes[at] as number) - 0x30; digit >= 0 && digit <= 9; digit = (bytes[++at] as number) - 0x30)
      number = number * 10 + digit
    this.#at = at
    this.#number = number
    const hasLeadingZero = bytes[start] === 0x30 && at > start + 1
    return at > start && number <= largestNumber && !hasLeadingZero
  }
}

/** Passes on all calls but the first ones, which the visitor has had. */
class ResumedVisitor implements IndexVisitor {
  readonly id: Uint8Array
  readonly #visitor: IndexVisitor
  #had: number

  constructor(visitor: IndexVisitor, had: number) {
    this.id = visitor.id
    this.#visitor = visitor
    this.#had = had
  }

  pack(): void {
    if (this.#had > 0) this.#had--
    else this.#visitor.pack()
  }

  blob(isTree: boolean, offset: number, sealedBytes: number, rawBytes: number): void {
    if (this.#had > 0) this.#had--
    else this.#visitor.blob(isTree, offset, sealedBytes, rawBytes)
  }
}

const what = 'an index'

function visitParsed(content: Uint8Array, visitor: IndexVisitor): void {
  const parsed = parseJson(content, what)
  const packs = Array.isArray(parsed) ? parsed : objectOf(parsed, what)['packs']
  for (const item of arrayOf(packs, what)) {
    const pack = objectOf(item, what)
    visitor.id.set(Buffer.from(idOf(pack['id'], what), 'hex'))
    visitor.pack()
    for (const blob of arrayOf(pack['blobs'], what)) visitBlob(objectOf(blob, what), visitor)
  }
}

function visitBlob(blob: JsonObject, visitor: IndexVisitor): void {
  const type = blob['type']
  if (type !== 'data' && type !== 'tree') throw damaged(what, `${JSON.stringify(type)} is not a blob's type`)
  const [offset, sealedBytes, rawBytes] = (['offset', 'length', 'uncompressed_length'] as const).map((field) => {
    const number = wholeNumberOf(blob[field], what)
    if (number > largestNumber) throw damaged(what, `a blob's ${field} of ${number} is beyond 4 GiB`)
    return number
  }) as [number, number, number]
  visitor.id.set(Buffer.from(idOf(blob['id'], what), 'hex'))
  visitor.blob(type === 'tree', offset, sealedBytes, rawBytes)
}
