import { CoffreError, type ErrorCode, errorCatalogue, isCoffreError } from '@coffre/foundation'
import type { PackMessage } from './jobs.ts'

/** What a thread is told when nothing more is wanted of it, whatever it was told before. */
export const endOfWork = 'end'

/** What a thread is told when its pool is done: it lets go of all that the pool gave it, and waits for the setup of another one. */
export const endOfPool = 'end of pool'

/**
 * What a worker says: each job is answered once, in order, by a result or an error; packs come in between. The end of its pool is
 * answered, too.
 */
export type FromWorker =
  | { readonly kind: 'result'; readonly result: unknown }
  | { readonly kind: 'error'; readonly error: PlainError }
  | { readonly kind: 'pack'; readonly pack: PackMessage }
  | { readonly kind: 'cleared' }

/** An error that survives the way between threads. */
export interface PlainError {
  readonly code: string
  readonly message: string
  readonly hint: string | undefined
  readonly stack: string | undefined
}

export function plainError(error: unknown): PlainError {
  if (isCoffreError(error)) return { code: error.code, message: error.message, hint: error.hint, stack: error.stack }
  const message = error instanceof Error ? error.message : String(error)
  return { code: 'internal', message, hint: undefined, stack: error instanceof Error ? error.stack : undefined }
}

export function errorFrom(plain: PlainError): CoffreError {
  const code: ErrorCode = plain.code in errorCatalogue ? (plain.code as ErrorCode) : 'internal'
  const cause = plain.stack === undefined ? {} : { cause: plain.stack }
  return new CoffreError(code, plain.message, plain.hint === undefined ? cause : { hint: plain.hint, ...cause })
}
