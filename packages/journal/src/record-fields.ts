import type { Branch, Mark, Position, Stamps } from '@coffre/connector'
import { journalDamaged } from './journal-error.ts'

/** An object of JSON, of which nothing is known. */
export type JsonRecord = Readonly<Record<string, unknown>>

/** A mark as it is stored: branch, offset, source's clock, captured. */
export type MarkRow = readonly [string, string, number, number]

/** Reads fields of what was stored; `journal.damaged`, naming `what`, where one is not what it should be. */
export class RecordFields {
  readonly #record: JsonRecord
  readonly #what: string

  constructor(value: unknown, what: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw journalDamaged(what, 'is no JSON object')
    this.#record = value as JsonRecord
    this.#what = what
  }

  static parse(json: Uint8Array, what: string): RecordFields {
    try {
      return new RecordFields(JSON.parse(Buffer.from(json.buffer, json.byteOffset, json.byteLength).toString()), what)
    } catch (error) {
      throw journalDamaged(what, 'is no JSON', { cause: error })
    }
  }

  has(name: string): boolean {
    return this.#record[name] !== undefined
  }

  text(name: string): string {
    const value = this.#record[name]
    return typeof value === 'string' ? value : this.#refuse(name)
  }

  whole(name: string): number {
    const value = this.#record[name]
    return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : this.#refuse(name)
  }

  isTrue(name: string): boolean {
    const value = this.#record[name]
    return typeof value === 'boolean' ? value : this.#refuse(name)
  }

  object(name: string): RecordFields {
    return new RecordFields(this.#record[name], `${name} of ${this.#what}`)
  }

  list<Item>(name: string, read: (item: unknown, what: string) => Item): Item[] {
    const value = this.#record[name]
    if (!Array.isArray(value)) return this.#refuse(name)
    return value.map((item: unknown) => read(item, `${name} of ${this.#what}`))
  }

  position(name: string): Position {
    const fields = this.object(name)
    return { branch: fields.text('branch'), offset: fields.text('offset') }
  }

  /** The fields `earliestUs` and `latestUs` of this object itself. */
  stamps(): Stamps | undefined {
    if (!this.has('latestUs')) return undefined
    return { earliestUs: this.time('earliestUs'), latestUs: this.time('latestUs') }
  }

  time(name: string): number {
    const value = this.#record[name]
    return typeof value === 'number' && Number.isFinite(value) ? value : this.#refuse(name)
  }

  #refuse(name: string): never {
    throw journalDamaged(this.#what, `has no usable field "${name}"`)
  }
}

export function readBranch(value: unknown, what: string): Branch {
  const fields = new RecordFields(value, what)
  const id = fields.text('id')
  const document = fields.has('document') ? { document: fields.text('document') } : {}
  if (!fields.has('parent')) return { id, ...document }
  const parent = fields.object('parent')
  return { id, parent: { id: parent.text('id'), forkOffset: parent.text('forkOffset') }, ...document }
}

export function markRow({ position, sourceMs, capturedMs }: Mark): MarkRow {
  return [position.branch, position.offset, sourceMs, capturedMs]
}

export function readMark(value: unknown, what: string): Mark {
  const [branch, offset, sourceMs, capturedMs] = Array.isArray(value) ? (value as unknown[]) : []
  if (typeof branch === 'string' && typeof offset === 'string' && isTime(sourceMs) && isTime(capturedMs)) {
    return { position: { branch, offset }, sourceMs, capturedMs }
  }
  throw journalDamaged(what, 'is no mark')
}

export function readEnd(value: unknown, what: string): readonly [string, string] {
  const [branch, offset] = Array.isArray(value) ? (value as unknown[]) : []
  if (typeof branch === 'string' && typeof offset === 'string') return [branch, offset]
  throw journalDamaged(what, 'is no end of a branch')
}

/** Of several pieces together. */
export function joinStamps(a: Stamps | undefined, b: Stamps | undefined): Stamps | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return { earliestUs: Math.min(a.earliestUs, b.earliestUs), latestUs: Math.max(a.latestUs, b.latestUs) }
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}
