import { type ByteString, CoffreError } from '@coffre/foundation'
import { jsonWithSource } from './json-source.ts'
import type { Id, Timestamp, Uint64 } from './node.ts'

/** An object that JSON.parse made. As in Go, null means absent. */
export type JsonObject = { readonly [field: string]: unknown }

/** The zero value of Go's time.Time. */
export const zeroTime: Timestamp = '0001-01-01T00:00:00Z'

const timestampPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/
const idPattern = /^[0-9a-f]{64}$/

export function damaged(what: string, problem: string, cause?: unknown): CoffreError {
  return new CoffreError('repository.damaged', `${what} is malformed: ${problem}`, {
    cause,
    hint: 'Run `coffre repo check` to see what else is damaged.',
  })
}

/** The JSON value in a file of the repository; `what` names it in errors. */
export function parseJson(bytes: Uint8Array, what: string): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()) as unknown
  } catch (error) {
    throw damaged(what, 'it is not JSON', error)
  }
}

export function parseJsonObject(bytes: Uint8Array, what: string): JsonObject {
  return objectOf(parseJson(bytes, what), what)
}

export function objectOf(value: unknown, what: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw damaged(what, 'an object is expected')
  return value as JsonObject
}

export function arrayOf(value: unknown, what: string): readonly unknown[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw damaged(what, 'a list is expected')
  return value
}

/** Absent is ''. A lone surrogate would stand for a byte (see ByteString), and none can come out of JSON. */
export function stringOf(value: unknown, what: string): ByteString {
  if (typeof value === 'string') return value.toWellFormed()
  if (value === undefined || value === null) return ''
  throw damaged(what, 'a string is expected')
}

/** Absent is 0. */
export function wholeNumberOf(value: unknown, what: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  if (value === undefined || value === null) return 0
  throw damaged(what, `${String(value)} is not a whole number`)
}

/** Absent is 0. Numbers that a double may not hold are expected as their digits, or as JSON.rawJSON. */
export function uint64Of(value: unknown, what: string): Uint64 {
  const digits = jsonWithSource.isRawJSON(value) ? value.rawJSON : value
  if (typeof digits !== 'string') return wholeNumberOf(digits, what)
  const number = /^\d{1,20}$/.test(digits) ? BigInt(digits) : -1n
  if (number !== BigInt.asUintN(64, number)) throw damaged(what, `${digits} is not a whole number of 64 bits`)
  return number <= Number.MAX_SAFE_INTEGER ? Number(number) : number
}

/** Absent is Go's zero time. */
export function timestampOf(value: unknown, what: string): Timestamp {
  if (typeof value === 'string' && timestampPattern.test(value)) return value
  if (value === undefined || value === null) return zeroTime
  throw damaged(what, 'a timestamp is expected')
}

export function idOf(value: unknown, what: string): Id {
  if (typeof value === 'string') {
    if (idPattern.test(value)) return value
    if (idPattern.test(value.toLowerCase())) return value.toLowerCase()
  }
  throw damaged(what, 'a SHA-256 in hexadecimal digits is expected')
}

export function bytesField(value: unknown, what: string): Buffer {
  const text = stringOf(value, what)
  const bytes = Buffer.from(text, 'base64')
  if (bytes.toString('base64') !== text.replace(/[\r\n]/g, '')) throw damaged(what, 'base64 is expected')
  return bytes
}
