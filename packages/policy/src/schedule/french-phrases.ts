import { joinWith, namesIn, onlyRange, type SchedulePhrases } from './schedule-phrases.ts'
import type { ValueRun } from './value-runs.ts'

const weekdays = ['dimanche', 'lundi', 'mardi', 'mercredi', 'jeudi', 'vendredi', 'samedi']
const months = 'janvier février mars avril mai juin juillet août septembre octobre novembre décembre'.split(' ')
const ordinals = ['premier', 'deuxième', 'troisième', 'quatrième', 'cinquième']

export const frenchPhrases: SchedulePhrases = {
  join,
  everyDay: 'chaque jour',
  weekdays: (runs) => {
    const range = onlyRange(runs)
    if (range !== undefined) return `du ${weekdays[range[0]]} au ${weekdays[range[1]]}`
    return `chaque ${join(namesIn(runs, (weekday) => weekdays[weekday]))}`
  },
  nthWeekday: (weekday, nth) => `le ${ordinals[nth - 1]} ${weekdays[weekday]} du mois`,
  lastWeekday: (weekday) => `le dernier ${weekdays[weekday]} du mois`,
  monthDays: (runs) =>
    `${ranges(runs, { one: (day) => `le ${date(day)}`, many: (a, b) => `du ${date(a)} au ${date(b)}` })} du mois`,
  daysBeforeLast: (before) =>
    before === 0 ? 'le dernier jour du mois' : `${before} jour${before === 1 ? '' : 's'} avant le dernier du mois`,
  nearestWorkingDay: (day) => `le jour ouvré le plus proche du ${date(day)} du mois`,
  lastWorkingDay: 'le dernier jour ouvré du mois',
  inMonths: (runs) =>
    ranges(runs, { one: (month) => `en ${monthName(month)}`, many: (a, b) => `${of(monthName(a))} à ${monthName(b)}` }),
  inYears: (runs) => ranges(runs, { one: (year) => `en ${year}`, many: (a, b) => `de ${a} à ${b}` }),
  at: (times) => `à ${join(times)}`,
  every: (minutes) => {
    if (minutes === 60) return 'toutes les heures'
    if (minutes === 1) return 'toutes les minutes'
    if (minutes % 60 !== 0) return `toutes les ${minutes} minutes`
    const isDays = minutes % 1440 === 0 && minutes > 1440
    return isDays ? `tous les ${minutes / 1440} jours` : `toutes les ${minutes / 60} heures`
  },
  from: (time) => `à partir de ${time}`,
  fromTo: (first, last) => `de ${first} à ${last}`,
  anewEachDay: 'en recommençant chaque jour',
  countedFromMaking: 'à compter de la création de la règle',
  byText: (text) => `selon ${text}`,
}

interface RangeWords {
  one(value: number): string
  many(first: number, last: number): string
}

function join(parts: readonly string[]): string {
  return joinWith('et', parts)
}

function ranges(runs: readonly ValueRun[], words: RangeWords): string {
  return join(runs.flatMap((run) => (onlyRange([run]) === undefined ? namesIn([run], words.one) : words.many(...run))))
}

function date(day: number): string {
  return day === 1 ? '1er' : String(day)
}

function monthName(month: number): string {
  return months[month - 1] ?? ''
}

function of(name: string): string {
  return /^[ao]/.test(name) ? `d’${name}` : `de ${name}`
}
