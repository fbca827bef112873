import { parseFiveFields, parseSixFields } from './cron-expression.ts'
import { parseEvery } from './every-text.ts'
import { parseRate } from './rate-expression.ts'
import type { Schedule } from './schedule.ts'
import { invalidSchedule } from './schedule-error.ts'

/** Longer than the longest that lists every value of every field. */
const lengthMax = 1000

const notations =
  'Write cron(0 2 * * ? *) with six fields, a crontab line such as 0 2 * * *, rate(6 hours), every 6h from 02:00, or every day at 02:00.'

/** What crontab has for common lines. */
const shorthands: Readonly<Record<string, string>> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
}

/** Reads a schedule in any of its notations, which the README lists. Throws `policy.schedule-invalid` with what is wrong where. */
export function parseSchedule(given: string): Schedule {
  if (given.length > lengthMax) throw invalidSchedule(`a schedule of ${given.length} characters is too long`, notations)
  const text = given.trim()
  const sixFields = /^cron\(([^()]*)(\)?)$/i.exec(text)
  if (sixFields?.[2] === '') throw invalidSchedule(`"${text}" lacks a bracket at its end`, notations)
  if (sixFields !== null) return parseSixFields(text, sixFields[1] ?? '')
  if (/^rate\(/i.test(text)) return parseRate(text)
  if (text.startsWith('@')) return parseShorthand(text)
  if (/^every(\s|$)/i.test(text) || /^[0-9]+\s*[a-z]+(\s+from\s+\S+)?$/i.test(text)) return parseEvery(text)
  const fields = text.split(/\s+/)
  if (fields.length === 5) return parseFiveFields(text, text)
  if (fields.length === 6)
    throw invalidSchedule(`"${text}" has six fields without cron(...)`, `Write cron(${text}), or five fields.`)
  throw invalidSchedule(`"${text}" is no schedule`, notations)
}

function parseShorthand(text: string): Schedule {
  const line = shorthands[text.toLowerCase()]
  if (line !== undefined) return parseFiveFields(text, line)
  const known = Object.keys(shorthands)
  throw invalidSchedule(`"${text}" is not known`, `Of the words with @ there are ${known.join(', ')}.`)
}
