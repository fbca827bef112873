import { joinWith, namesIn, onlyRange, type SchedulePhrases } from './schedule-phrases.ts'
import type { ValueRun } from './value-runs.ts'

const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const months = 'January February March April May June July August September October November December'.split(' ')
const ordinals = ['first', 'second', 'third', 'fourth', 'fifth']

export const englishPhrases: SchedulePhrases = {
  join,
  everyDay: 'every day',
  weekdays: (runs) => {
    const range = onlyRange(runs)
    if (range !== undefined) return `from ${weekdays[range[0]]} to ${weekdays[range[1]]}`
    return `every ${join(namesIn(runs, (weekday) => weekdays[weekday]))}`
  },
  nthWeekday: (weekday, nth) => `on the ${ordinals[nth - 1]} ${weekdays[weekday]} of the month`,
  lastWeekday: (weekday) => `on the last ${weekdays[weekday]} of the month`,
  monthDays: (runs) => {
    const isOne = runs.length === 1 && runs[0]?.[0] === runs[0]?.[1]
    const dates = runs.flatMap((run) => (onlyRange([run]) === undefined ? namesIn([run], String) : `${run[0]} to ${run[1]}`))
    return `on ${isOne ? 'day' : 'days'} ${join(dates)} of the month`
  },
  daysBeforeLast: (before) =>
    before === 0 ? 'on the last day of the month' : `${counted(before, 'day')} before the last day of the month`,
  nearestWorkingDay: (day) => `on the working day nearest to day ${day} of the month`,
  lastWorkingDay: 'on the last working day of the month',
  inMonths: (runs) => during(runs, (month) => months[month - 1]),
  inYears: (runs) => during(runs, String),
  at: (times) => `at ${join(times)}`,
  every: (minutes) => {
    if (minutes === 60) return 'every hour'
    if (minutes === 1) return 'every minute'
    if (minutes % 60 !== 0) return `every ${counted(minutes, 'minute')}`
    const isDays = minutes % 1440 === 0 && minutes > 1440
    return isDays ? `every ${counted(minutes / 1440, 'day')}` : `every ${counted(minutes / 60, 'hour')}`
  },
  from: (time) => `from ${time}`,
  fromTo: (first, last) => `from ${first} to ${last}`,
  anewEachDay: 'beginning anew each day',
  countedFromMaking: 'counted from the making of the rule',
  byText: (text) => `by ${text}`,
}

function join(parts: readonly string[]): string {
  return joinWith('and', parts)
}

function during(runs: readonly ValueRun[], name: (value: number) => string | undefined): string {
  const parts = runs.flatMap((run) => {
    if (onlyRange([run]) !== undefined) return `from ${name(run[0])} to ${name(run[1])}`
    return namesIn([run], name).map((single) => `in ${single}`)
  })
  return join(parts)
}

function counted(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}
