import type { CoffreError } from '@coffre/foundation'
import { invalidSchedule } from './schedule-error.ts'

/** One field of a cron expression: what it is called, and what may stand in it. */
export interface CronField {
  readonly name: string
  readonly min: number
  /** The greatest number that may be written. */
  readonly max: number
  /** How many different values there are: one less than the numbers where 0 and 7 are both Sunday. */
  readonly size: number
  /** Words for the values from `min` on. */
  readonly words?: readonly string[]
  /** Whether a range may run past the end, as FRI-MON does. */
  readonly wraps?: boolean
  /** What may stand in it, in words. */
  readonly allowed: string
}

const elementPattern = /^(?:\*|([a-z0-9]+)(?:-([a-z0-9]+))?)(?:\/([0-9]+))?$/i

/** The values of a whole field, sorted. */
export function fieldValues(field: CronField, text: string): readonly number[] {
  const values = text.split(',').flatMap((element) => elementValues(field, text, element))
  return [...new Set(values)].sort((a, b) => a - b)
}

/** The values of one element of the list that `text` is: `*`, `a`, `a-b`, each with `/n`. */
export function elementValues(field: CronField, text: string, element: string): readonly number[] {
  const match = elementPattern.exec(element)
  if (match === null) {
    throw fieldError(field, text, element === '' ? 'an element of the list is empty' : `"${element}" cannot be read`)
  }
  const [, from, through, step] = match
  const first = from === undefined ? field.min : fieldValue(field, text, from)
  const stride = step === undefined ? 1 : strideOf(field, text, Number(step))
  const isOpen = from === undefined || (through === undefined && step !== undefined)
  const last = isOpen ? field.min + field.size - 1 : through === undefined ? first : rangeEnd(field, text, first, through)
  const values: number[] = []
  for (let value = first; value <= last; value += stride) values.push(field.min + ((value - field.min) % field.size))
  return values
}

/** The value of a number or a word. */
export function fieldValue(field: CronField, text: string, written: string): number {
  if (/^[0-9]+$/.test(written)) {
    const value = Number(written)
    if (value >= field.min && value <= field.max) return value
    throw fieldError(field, text, `${written} is not within ${field.min}-${field.max}`)
  }
  const place = field.words?.indexOf(written.toUpperCase()) ?? -1
  if (place === -1)
    throw fieldError(field, text, `"${written}" is not a number${field.words === undefined ? '' : ' or name'} of this field`)
  return field.min + place
}

export function fieldError(field: CronField, text: string, problem: string): CoffreError {
  return invalidSchedule(`cron field ${field.name} "${text}": ${problem}`, `The field ${field.name} takes ${field.allowed}.`)
}

function strideOf(field: CronField, text: string, step: number): number {
  if (step === 0) throw fieldError(field, text, 'a step of 0 never moves on')
  if (step <= field.size) return step
  throw fieldError(
    field,
    text,
    `a step of ${step} is more than the ${field.size} values that there are; cron begins anew after the last`,
  )
}

function rangeEnd(field: CronField, text: string, first: number, through: string): number {
  const last = fieldValue(field, text, through)
  if (last >= first) return last
  if (field.wraps === true) return last + field.size
  throw fieldError(field, text, `the range ends before it begins; write two, up to ${field.max} and from ${field.min}`)
}
