import type { DocumentReader } from '../document/document-reader.ts'
import { findingOf } from '../document/policy-finding.ts'
import { parseSchedule } from '../schedule/parse-schedule.ts'
import type { Schedule } from '../schedule/schedule.ts'

/** The schedule that stands in a field, or `otherwise`; `undefined` with an error when it cannot be read. */
export function readSchedule(reader: DocumentReader, field: string, otherwise?: string): Schedule | undefined {
  const text = reader.text(field) ?? (reader.has(field) ? undefined : otherwise)
  if (text === undefined) return undefined
  try {
    return parseSchedule(text)
  } catch (error) {
    reader.findings.push(findingOf(error, reader.pointer(field)))
    return undefined
  }
}
