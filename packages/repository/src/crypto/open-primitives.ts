import { passesKnownAnswers } from './known-answers.ts'
import { NativePrimitives } from './native-primitives.ts'
import { PortablePrimitives } from './portable-primitives.ts'
import type { Primitives } from './primitives.ts'

let opened: Primitives | undefined

/**
 * This thread's primitives: native calls where this Node offers them and they pass the known answers, Node's modules elsewhere.
 * Always the same object, since native contexts live as long as the thread does.
 */
export function openPrimitives(): Primitives {
  opened ??= open()
  return opened
}

function open(): Primitives {
  try {
    const native = new NativePrimitives()
    if (passesKnownAnswers(native)) return native
  } catch (error) {
    // Absent symbols or no prebuilt library for this system: the portable implementation gives the same results.
    if (!(error instanceof Error)) throw error
  }
  return new PortablePrimitives()
}
