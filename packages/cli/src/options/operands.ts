import type { ByteString } from '@coffre/foundation'
import { usageError } from '../messages/command-line-error.ts'

interface WithOperands {
  readonly positionals: readonly ByteString[]
}

/** For commands that take nothing but options. */
export function refuseOperands({ positionals }: WithOperands): void {
  const [first] = positionals
  if (first !== undefined) throw usageError('error.unexpectedOperand', { operand: first })
}

/** Exactly one operand; `what` names it for people. */
export function onlyOperand({ positionals }: WithOperands, what: string): ByteString {
  const [first, second] = positionals
  if (first === undefined) throw usageError('error.missingOperand', { what })
  if (second !== undefined) throw usageError('error.unexpectedOperand', { operand: second })
  return first
}

export function twoOperands({ positionals }: WithOperands, firstWhat: string, secondWhat: string): [ByteString, ByteString] {
  const [first, second, third] = positionals
  if (first === undefined) throw usageError('error.missingOperand', { what: firstWhat })
  if (second === undefined) throw usageError('error.missingOperand', { what: secondWhat })
  if (third !== undefined) throw usageError('error.unexpectedOperand', { operand: third })
  return [first, second]
}
