import { CoffreError } from '@coffre/foundation'
import type { Language } from '../language.ts'

/** Units that a retention is told in. Months and years are those of the calendar: a month is not 30 days. */
export const termUnits = ['hours', 'days', 'weeks', 'months', 'years'] as const
export type TermUnit = (typeof termUnits)[number]

/** A length of time as its author gave it; `value` is a whole number, 1 or more. */
export interface Term {
  readonly value: number
  readonly unit: TermUnit
}

/** The most that each unit may count: a hundred years. Nothing narrower is enforced. */
export const termValueMax: Readonly<Record<TermUnit, number>> = {
  hours: 876_000,
  days: 36_500,
  weeks: 5_214,
  months: 1_200,
  years: 100,
}

const letters: Readonly<Record<TermUnit, string>> = { hours: 'h', days: 'd', weeks: 'w', months: 'm', years: 'y' }

const words: Readonly<Record<Language, Readonly<Record<TermUnit, readonly [one: string, many: string]>>>> = {
  en: {
    hours: ['hour', 'hours'],
    days: ['day', 'days'],
    weeks: ['week', 'weeks'],
    months: ['month', 'months'],
    years: ['year', 'years'],
  },
  fr: {
    hours: ['heure', 'heures'],
    days: ['jour', 'jours'],
    weeks: ['semaine', 'semaines'],
    months: ['mois', 'mois'],
    years: ['an', 'ans'],
  },
}

const hint = 'Terms look like 36h, 7d, 4w, 12m or 2y: hours, days, weeks, months, years.'

/** Reads `7d`; m is months. Throws `policy.retention-invalid`. */
export function parseTerm(text: string): Term {
  const match = /^(\d{1,6})([hdwmy])$/.exec(text.trim())
  const unit = termUnits.find((candidate) => letters[candidate] === match?.[2])
  if (match === null || unit === undefined) throw new CoffreError('policy.retention-invalid', `"${text}" is not a term`, { hint })
  const term = { value: Number(match[1]), unit }
  const problem = termProblem(term)
  if (problem !== undefined) throw new CoffreError('policy.retention-invalid', problem)
  return term
}

/** `7d`, which `parseTerm` reads back as the same term. */
export function formatTerm({ value, unit }: Term): string {
  return `${value}${letters[unit]}`
}

/** `7 days`, `7 jours`. */
export function describeTerm({ value, unit }: Term, language: Language): string {
  const [one, many] = words[language][unit]
  return `${value} ${value === 1 ? one : many}`
}

/** What is wrong with a term that was not read by `parseTerm`. */
export function termProblem({ value, unit }: Term): string | undefined {
  const max = termValueMax[unit]
  if (Number.isSafeInteger(value) && value >= 1 && value <= max) return undefined
  return `${value} ${unit} is out of range: a term is from 1 to ${max} ${unit}`
}
