import { CoffreError } from '@coffre/foundation'
import type { Language } from '../language.ts'
import { describeTerm, formatTerm, parseTerm, type Term, type TermUnit } from './term.ts'

/** The levels of a grandfather-father-son scheme, from the lowest to the highest. */
export const keepLevels = ['hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const
export type KeepLevel = (typeof keepLevels)[number]

/** How many points are kept of each level: of so many periods (hours, days …) the first good point. */
export type KeepCounts = Readonly<Partial<Record<KeepLevel, number>>>

const unitOfLevel: Readonly<Record<KeepLevel, TermUnit>> = {
  hourly: 'hours',
  daily: 'days',
  weekly: 'weeks',
  monthly: 'months',
  yearly: 'years',
}

const levelOfUnit: Readonly<Record<TermUnit, KeepLevel>> = {
  hours: 'hourly',
  days: 'daily',
  weeks: 'weekly',
  months: 'monthly',
  years: 'yearly',
}

const hint = 'Counts look like 24h,7d,4w,12m,2y: of so many hours, days, weeks, months and years the first good point is kept.'

/** Reads `7d,4w,12m`, each unit at most once, in any order. Throws `policy.retention-invalid`. */
export function parseKeepCounts(text: string): KeepCounts {
  const counts: Partial<Record<KeepLevel, number>> = {}
  for (const part of text.split(',')) {
    const term = parseCount(part, text)
    const level = levelOfUnit[term.unit]
    if (counts[level] !== undefined) {
      throw new CoffreError('policy.retention-invalid', `"${text}" counts ${term.unit} twice`, { hint })
    }
    counts[level] = term.value
  }
  return counts
}

/** `7d,4w,12m`, from the lowest level to the highest. */
export function formatKeepCounts(keep: KeepCounts): string {
  return keepTerms(keep).map(formatTerm).join(',')
}

/** `7 days, 4 weeks`, `7 jours, 4 semaines`. */
export function describeKeepCounts(keep: KeepCounts, language: Language): string {
  return keepTerms(keep)
    .map((term) => describeTerm(term, language))
    .join(', ')
}

/** How long a point that stands for `level` is wanted when there is a point in every period. */
export function termOfLevel(level: KeepLevel, count: number): Term {
  return { value: count, unit: unitOfLevel[level] }
}

function keepTerms(keep: KeepCounts): readonly Term[] {
  return keepLevels.flatMap((level) => {
    const count = keep[level]
    return count === undefined ? [] : [termOfLevel(level, count)]
  })
}

function parseCount(part: string, text: string): Term {
  try {
    return parseTerm(part)
  } catch (error) {
    throw new CoffreError('policy.retention-invalid', `"${text}" does not say how many points to keep, at "${part.trim()}"`, {
      hint,
      cause: error,
    })
  }
}
