import type { ByteString } from '@coffre/foundation'
import { usageError } from '../messages/command-line-error.ts'

interface WithOperands {
  readonly positionals: readonly ByteString[]
}

/** For commands that take nothing but options. */
export function refuseOperands({ positionals }: WithOperands): void {
  const [first] = positionals
  if (first !== undefined) throw usageError('error.unexpectedOperand', { operand: first }, 'hint.help')
}

/** Exactly one operand; `what` names it for people. */
export function onlyOperand({ positionals }: WithOperands, what: string): ByteString {
  const [first, second] = positionals
  if (first === undefined) throw usageError('error.missingOperand', { what }, 'hint.help')
  if (second !== undefined) throw usageError('error.unexpectedOperand', { operand: second }, 'hint.help')
  return first
}

export function twoOperands({ positionals }: WithOperands, firstWhat: string, secondWhat: string): [ByteString, ByteString] {
  const [first, second, third] = positionals
  if (first === undefined) throw usageError('error.missingOperand', { what: firstWhat }, 'hint.help')
  if (second === undefined) throw usageError('error.missingOperand', { what: secondWhat }, 'hint.help')
  if (third !== undefined) throw usageError('error.unexpectedOperand', { operand: third }, 'hint.help')
  return [first, second]
}
