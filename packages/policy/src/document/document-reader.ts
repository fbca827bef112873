import { pointerStep } from './json-pointer.ts'
import type { PolicyFinding } from './policy-finding.ts'

/** What a number in a document must lie between. */
interface NumberRange {
  readonly min: number
  readonly max: number
}

/**
 * Reads one object of a JSON document field by field. What has the wrong type becomes an error and is absent to the caller; `null`
 * counts as absent; a field that nobody asked for becomes a warning in `finish`, so that nothing is dropped silently.
 */
export class DocumentReader {
  readonly at: string
  readonly findings: PolicyFinding[]
  readonly #fields: Readonly<Record<string, unknown>>
  readonly #known = new Set<string>()

  private constructor(fields: Readonly<Record<string, unknown>>, at: string, findings: PolicyFinding[]) {
    this.#fields = fields
    this.at = at
    this.findings = findings
  }

  /** A reader of `value`, which stands at the JSON pointer `at`; what it finds is added to `findings`. */
  static open(value: unknown, at: string, findings: PolicyFinding[]): DocumentReader | undefined {
    if (isObject(value)) return new DocumentReader(value, at, findings)
    findings.push({ severity: 'error', at, message: `an object is expected, not ${nameOf(value)}` })
    return undefined
  }

  /** The JSON pointer of one of this object's fields. */
  pointer(field: string): string {
    return this.at + pointerStep(field)
  }

  /** Whether the field is there, with any value but null. */
  has(field: string): boolean {
    return this.#value(field) !== undefined
  }

  error(field: string, message: string, hint?: string): void {
    this.#add('error', field, message, hint)
  }

  warn(field: string, message: string, hint?: string): void {
    this.#add('warning', field, message, hint)
  }

  text(field: string): string | undefined {
    const value = this.#value(field)
    if (value === undefined || typeof value === 'string') return value
    return this.#wrongType(field, 'a text', value)
  }

  /** Like `text`, with an error when it is absent or empty. */
  requiredText(field: string, hint?: string): string | undefined {
    const value = this.#value(field)
    if (value === undefined || value === '') {
      this.error(field, `${field} is missing`, hint)
      return undefined
    }
    return this.text(field)
  }

  flag(field: string): boolean | undefined {
    const value = this.#value(field)
    if (value === undefined || typeof value === 'boolean') return value
    return this.#wrongType(field, 'true or false', value)
  }

  wholeNumber(field: string, range: NumberRange): number | undefined {
    const value = this.#value(field)
    if (value === undefined) return undefined
    if (typeof value !== 'number') return this.#wrongType(field, 'a number', value)
    if (Number.isSafeInteger(value) && value >= range.min && value <= range.max) return value
    this.error(field, `${field} is ${value}, not a whole number from ${range.min} to ${range.max}`)
    return undefined
  }

  object(field: string): DocumentReader | undefined {
    const value = this.#value(field)
    return value === undefined ? undefined : DocumentReader.open(value, this.pointer(field), this.findings)
  }

  /** Each element of a list of objects; for those that are none, an error and an empty object in their place. */
  objects(field: string): readonly DocumentReader[] {
    return this.list(field).map((value, i) => {
      const at = `${this.pointer(field)}/${i}`
      return DocumentReader.open(value, at, this.findings) ?? new DocumentReader({}, at, [])
    })
  }

  texts(field: string): readonly string[] {
    return this.list(field).flatMap((value, i) => {
      if (typeof value === 'string') return value
      this.findings.push({
        severity: 'error',
        at: `${this.pointer(field)}/${i}`,
        message: `a text is expected, not ${nameOf(value)}`,
      })
      return []
    })
  }

  /** An object whose values are texts. */
  textMap(field: string): Readonly<Record<string, string>> {
    const object = this.object(field)
    if (object === undefined) return {}
    return Object.fromEntries(
      object.fields().flatMap((key) => {
        const value = object.text(key)
        return value === undefined ? [] : [[key, value]]
      }),
    )
  }

  /** The value as it stands, for what can have more than one form. */
  any(field: string): unknown {
    return this.#value(field)
  }

  list(field: string): readonly unknown[] {
    const value = this.#value(field)
    if (value === undefined) return []
    return Array.isArray(value) ? value : (this.#wrongType(field, 'a list', value) ?? [])
  }

  fields(): readonly string[] {
    return Object.keys(this.#fields)
  }

  /** Fields of the format that Coffre keeps with the document and does not act on. */
  ignores(...fields: readonly string[]): void {
    for (const field of fields) if (this.has(field)) this.warn(field, `${field} is kept with the document and has no effect`)
  }

  /** Fields that say nothing to act on, such as what a service adds to its answers. */
  knows(...fields: readonly string[]): void {
    for (const field of fields) this.#known.add(field)
  }

  finish(): void {
    for (const field of this.fields()) {
      if (!this.#known.has(field)) {
        this.warn(field, `${field} is not a field that is known here; it has no effect`, 'See whether its name is spelled right.')
      }
    }
  }

  #value(field: string): unknown {
    this.#known.add(field)
    return Object.hasOwn(this.#fields, field) ? (this.#fields[field] ?? undefined) : undefined
  }

  #wrongType(field: string, expected: string, value: unknown): undefined {
    this.error(field, `${field} must be ${expected}, not ${nameOf(value)}`)
    return undefined
  }

  #add(severity: PolicyFinding['severity'], field: string, message: string, hint: string | undefined): void {
    const at = field === '' ? this.at : this.pointer(field)
    this.findings.push({ severity, at, message, ...(hint === undefined ? {} : { hint }) })
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What stands there, short enough for a message. */
function nameOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'an object'
  const text = JSON.stringify(value) ?? typeof value
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
