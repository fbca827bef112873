import assert from 'node:assert/strict'
import { test } from 'node:test'
import { minuteMs } from '@coffre/foundation'
import { SeededRandom, testSeed } from '@coffre/testkit'
import { Cron } from 'croner'
import { countOccurrences } from './count-occurrences.ts'
import { formatSchedule } from './format-schedule.ts'
import { nextOccurrence, occurrences } from './occurrence.ts'
import { parseSchedule } from './parse-schedule.ts'

const years = 3

/** Three years each, from the one given on: what their clocks did then is in the test of civil times. */
const zones: readonly (readonly [zone: string, firstYear: number])[] = [
  ['UTC', 2027],
  ['Europe/Paris', 2026],
  ['America/New_York', 2006],
  ['Australia/Lord_Howe', 2026],
  ['Pacific/Apia', 2010],
  ['Pacific/Kwajalein', 1992],
  ['Asia/Kathmandu', 1985],
  ['Asia/Tehran', 2021],
  ['Asia/Pyongyang', 2015],
  ['Asia/Beirut', 2022],
  ['Asia/Gaza', 2010],
  ['Africa/Cairo', 2009],
  ['Africa/Casablanca', 2026],
  ['America/Sao_Paulo', 2016],
  ['America/Caracas', 2007],
  ['America/Havana', 2026],
  ['America/St_Johns', 2009],
  ['America/Recife', 1999],
  ['Antarctica/Troll', 2026],
]

test('schedules agree with a second implementation that goes from minute to minute', () => {
  const random = new SeededRandom(testSeed('cron by minutes'))
  for (const [timeZone, firstYear] of zones) {
    const clock = readClock(timeZone, firstYear)
    for (let round = 0; round < 6; round++) {
      const text = round === 5 ? randomEvery(random) : randomCron(random)
      compare(text, timeZone, clock, random)
    }
  }
})

test('the text of a schedule means the same', () => {
  const random = new SeededRandom(testSeed('text of schedules'))
  for (let round = 0; round < 2000; round++) {
    const text = round % 10 === 9 ? randomEvery(random) : randomCron(random)
    const schedule = parseSchedule(text)
    const formatted = formatSchedule(schedule)
    const again = parseSchedule(formatted)
    assert.deepEqual({ ...again, text }, schedule, `${text} became ${formatted}`)
    assert.equal(formatSchedule(again), formatted, text)
  }
})

test('schedules agree with croner where both mean the same', () => {
  const random = new SeededRandom(testSeed('cron by croner'))
  for (let round = 0; round < 120; round++) {
    const timeZone = pick(random, [
      'UTC',
      'Europe/Paris',
      'America/New_York',
      'Australia/Lord_Howe',
      'America/Sao_Paulo',
      'Asia/Beirut',
    ])
    // What runs at set hours is written without * and / for croner, which takes those for intervals that skip and repeat.
    const minutesAndHours = random.integer(3) === 0 ? `${randomMinutes(random)} *` : `${list(random, 0, 59)} ${list(random, 0, 23)}`
    const [monthDay, month, weekDay] = randomDays(random, { isSix: true, forCroner: true })
    const inside = `${minutesAndHours} ${monthDay} ${month} ${weekDay} *`
    const options = {
      timezone: timeZone,
      mode: '7-part',
      alternativeWeekdays: true,
      fixedTimeRule: 'no-wildcard',
      sloppyRanges: true,
    } as const
    const afterMs = Date.UTC(pick(random, [2017, 2018, 2022, 2026]), pick(random, [0, 1, 2, 3, 8, 9, 10]), 1 + random.integer(28))
    const theirs = new Cron(`0 ${inside.replace(/(\d)L/, '$1#L')}`, options)
      .nextRuns(40, new Date(afterMs))
      .map((date) => date.getTime())
    const schedule = parseSchedule(`cron(${inside})`)
    const ours = [...occurrences(schedule, { timeZone, anchorMs: 0 }, afterMs, Number.POSITIVE_INFINITY).take(40)]
    assert.deepEqual(ours.map(iso), theirs.map(iso), `cron(${inside}) in ${timeZone} after ${iso(afterMs)}`)
  }
})

/** What the clocks of a zone show in each minute, both counted from the same instant, and the minutes in which they are changed. */
interface Clock {
  readonly beginMs: number
  readonly shown: Int32Array
  readonly changes: readonly number[]
}

function readClock(timeZone: string, firstYear: number): Clock {
  const beginMs = Date.UTC(firstYear, 0, 1)
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' })
  const ask = (minute: number) =>
    (Date.parse(`${format.format(beginMs + minute * minuteMs).replace(' ', 'T')}Z`) - beginMs) / minuteMs
  const shown = new Int32Array((Date.UTC(firstYear + years, 0, 1) - beginMs) / minuteMs + 1)
  const changes: number[] = []
  for (let hour = 0, first = ask(0); hour + 60 < shown.length; hour += 60) {
    const next = ask(hour + 60)
    for (let minute = hour; minute <= hour + 60; minute++) shown[minute] = next - first === 60 ? first + minute - hour : ask(minute)
    for (let minute = hour + 1; minute <= hour + 60; minute++)
      if (shown[minute] !== (shown[minute - 1] ?? 0) + 1) changes.push(minute)
    first = next
  }
  return { beginMs, shown, changes }
}

function compare(text: string, timeZone: string, clock: Clock, random: SeededRandom): void {
  const schedule = parseSchedule(text)
  const basis = { timeZone, anchorMs: 0 }
  const expected = dueMinutes(text, clock).map((minute) => clock.beginMs + minute * minuteMs)
  const end = clock.shown.length - 1
  // A schedule of many runs is compared in full around changes only.
  const near = clock.changes.map((minute) => [Math.max(minute - 4000, 0), Math.min(minute + 4000, end)] as const)
  for (const [from, through] of expected.length < 10_000 ? [[0, end] as const] : near) {
    const [fromMs, throughMs] = [clock.beginMs + from * minuteMs, clock.beginMs + through * minuteMs]
    const wanted = expected.slice(firstAfter(expected, fromMs), firstAfter(expected, throughMs))
    const found = [...occurrences(schedule, basis, fromMs, throughMs)]
    const differs = wanted.findIndex((dueMs, i) => dueMs !== found[i])
    const told = `${text} in ${timeZone}`
    if (differs !== -1) assert.equal(iso(found[differs] ?? Number.NaN), iso(wanted[differs] ?? Number.NaN), told)
    assert.equal(found.length, wanted.length, `${told} has more than ${wanted.length} runs to ${iso(throughMs)}`)
  }
  for (let i = 0; i < 20; i++) {
    const minute = i % 2 === 0 ? random.integer(end) : (pick(random, clock.changes) ?? 0) - 200 + random.integer(400)
    const afterMs = clock.beginMs + Math.max(minute, 0) * minuteMs + pick(random, [0, 1, random.integer(minuteMs)])
    const wanted = expected[firstAfter(expected, afterMs)]
    const told = `${text} in ${timeZone} after ${iso(afterMs)}`
    if (wanted !== undefined) assert.equal(iso(nextOccurrence(schedule, basis, afterMs) ?? Number.NaN), iso(wanted), told)
    const throughMs = Math.min(afterMs + random.integer(200 * 1440) * minuteMs, clock.beginMs + end * minuteMs)
    const count = firstAfter(expected, throughMs) - firstAfter(expected, afterMs)
    assert.equal(countOccurrences(schedule, basis, afterMs, throughMs), count, `runs of ${told} to ${iso(throughMs)}`)
  }
}

/**
 * The minutes in which a schedule is due, by what the README says. At set hours: each local minute that clocks reach for the first time
 * or jump over counts. In every hour: each minute counts by what clocks show in it.
 */
function dueMinutes(text: string, { beginMs, shown }: Clock): number[] {
  const rule = readRule(text)
  const days = new Map<number, boolean>()
  const matches = (local: number): boolean => {
    const day = Math.floor(local / 1440)
    if (rule.ofDay[local - day * 1440] === 0) return false
    let isMatch = days.get(day)
    if (isMatch === undefined) {
      isMatch = rule.dayMatches(new Date(beginMs + day * 1440 * minuteMs))
      days.set(day, isMatch)
    }
    return isMatch
  }
  const due: number[] = []
  let reached = (shown[0] ?? 0) - 1
  for (let minute = 0; minute < shown.length; minute++) {
    const local = shown[minute] ?? 0
    let isDue = rule.isInEveryHour && matches(local)
    if (!rule.isInEveryHour) for (; reached < local; reached++) isDue = matches(reached + 1) || isDue
    if (isDue) due.push(minute)
  }
  return due
}

interface ReadRule {
  readonly isInEveryHour: boolean
  /** Whether a schedule of that day is due in a minute of it. */
  readonly ofDay: Uint8Array
  /** `midnight`: when clocks in UTC show the beginning of the day. */
  dayMatches(midnight: Date): boolean
}

function readRule(text: string): ReadRule {
  const every = /^every (\d+)m from (\d+):(\d+)$/.exec(text)
  if (every !== null) {
    const [interval, from] = [Number(every[1]), Number(every[2]) * 60 + Number(every[3])]
    const ofDay = Uint8Array.from({ length: 1440 }, (_, minute) => (((minute - from + 1440) % 1440) % interval === 0 ? 1 : 0))
    return { isInEveryHour: interval <= 60, ofDay, dayMatches: () => true }
  }
  const isSix = text.startsWith('cron(')
  const [minute = '', hour = '', monthDay = '', month = '', weekDay = '', year = '*'] = text.replace(/^cron\(|\)$/g, '').split(' ')
  const hours = Array.from({ length: 24 }, (_, value) => holds(hour, value, 0, 23))
  const ofDay = Uint8Array.from({ length: 1440 }, (_, i) =>
    hours[Math.floor(i / 60)] === true && holds(minute, i % 60, 0, 59) ? 1 : 0,
  )
  const dayMatches = (midnight: Date) => {
    if (!holds(month, midnight.getUTCMonth() + 1, 1, 12) || !holds(year, midnight.getUTCFullYear(), 1970, 2199)) return false
    const [ofMonth, ofWeek] = [monthDayHolds(monthDay, midnight), weekDayHolds(weekDay, midnight, isSix)]
    const isEither = !isSix && !monthDay.startsWith('*') && !weekDay.startsWith('*')
    return isEither ? ofMonth || ofWeek : ofMonth && ofWeek
  }
  return { isInEveryHour: hours.every((isDue) => isDue), ofDay, dayMatches }
}

function holds(field: string, value: number, min: number, max: number): boolean {
  return field.split(',').some((element) => {
    const [range = '', step] = element.split('/')
    const [from, through] = range === '*' ? [min, max] : range.split('-').map(numberOf)
    const first = from ?? min
    const last = through ?? (step === undefined ? first : max)
    const place = value >= first || last >= first ? value - first : value + (max - min + 1) - first
    const length = last >= first ? last - first : last + (max - min + 1) - first
    return place >= 0 && place <= length && place % Number(step ?? 1) === 0
  })
}

function numberOf(word: string): number {
  const month = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'].indexOf(word)
  return month === -1 ? Number(word) : month + 1
}

function monthDayHolds(field: string, date: Date): boolean {
  const day = date.getUTCDate()
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()
  const nearestTo = (wanted: number) => {
    const working = Array.from({ length: last }, (_, i) => i + 1).filter((candidate) => {
      return ![0, 6].includes(new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), candidate)).getUTCDay())
    })
    return working.sort((a, b) => Math.abs(a - wanted) - Math.abs(b - wanted))[0]
  }
  return field.split(',').some((element) => {
    if (element === '?') return true
    if (element === 'L') return day === last
    if (element === 'LW') return day === nearestTo(last)
    if (element.startsWith('L-')) return day === last - Number(element.slice(2))
    if (element.endsWith('W')) return Number.parseInt(element, 10) <= last && day === nearestTo(Number.parseInt(element, 10))
    return holds(element, day, 1, 31)
  })
}

function weekDayHolds(field: string, date: Date, isSix: boolean): boolean {
  const weekday = date.getUTCDay()
  const written = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'].reduce(
    (text, name, i) => text.replaceAll(name, String(isSix ? i + 1 : i)),
    field,
  )
  const value = isSix ? weekday + 1 : weekday
  return written.split(',').some((element) => {
    if (element === '?') return true
    if (element === 'L') return weekday === 6
    const [number = 0, nth] = element.split('#').map((part) => Number.parseInt(part, 10))
    if (element.endsWith('L'))
      return value === number && new Date(date.getTime() + 7 * 1440 * minuteMs).getUTCMonth() !== date.getUTCMonth()
    if (nth !== undefined) return value === number && Math.ceil(date.getUTCDate() / 7) === nth
    if (isSix) return holds(element, value, 1, 7)
    return holds(element, value, 0, 6) || (weekday === 0 && /7/.test(element.split('/')[0] ?? '') && holds(element, 7, 0, 7))
  })
}

function randomCron(random: SeededRandom): string {
  const isSix = random.integer(2) === 0
  const hour = pick(random, [
    '*',
    '*/2',
    '*/6',
    '0-23',
    '1/5',
    '2',
    '0',
    '3',
    list(random, 0, 23),
    range(random, 0, 23),
    `${range(random, 0, 23)}/2`,
  ])
  const begin = `${randomMinutes(random)} ${hour} ${randomDays(random, { isSix, forCroner: false }).join(' ')}`
  return isSix ? `cron(${begin} ${pick(random, ['*', '*', '*', '1970/2', '2010-2050', '2007,2011,2016,2017,2026,2027'])})` : begin
}

function randomEvery(random: SeededRandom): string {
  const interval = pick(random, [7, 25, 45, 50, 59, 70, 90, 100, 130, 500, 721, 1439])
  return `every ${interval}m from ${String(random.integer(24)).padStart(2, '0')}:${String(random.integer(60)).padStart(2, '0')}`
}

function randomMinutes(random: SeededRandom): string {
  return pick(random, [
    '*',
    '*/15',
    '*/7',
    '0',
    '30',
    '59',
    '10/20',
    list(random, 0, 59),
    range(random, 0, 59),
    `${range(random, 0, 59)}/11`,
  ])
}

function randomDays(
  random: SeededRandom,
  { isSix, forCroner }: { isSix: boolean; forCroner: boolean },
): readonly [string, string, string] {
  const month = pick(random, [
    '*',
    '*',
    '*',
    '*',
    'MAR,OCT',
    '2',
    '1/3',
    '*/5',
    '4-11',
    list(random, 1, 12),
    ...(forCroner ? [] : ['NOV-MAR']),
  ])
  // Of the 29th to the 31st alone, some months know none.
  const monthDay = pick(random, [
    '*',
    '1',
    '15',
    '1,15',
    '*/2',
    '*/10',
    '5/9',
    '8-14',
    `${1 + random.integer(28)},${list(random, 1, 31)}`,
  ])
  const weekDay = pick(random, [
    '*',
    'SUN',
    'MON-FRI',
    '1',
    '7',
    '2,4',
    '3-6',
    '*/2',
    '1-7/3',
    'SAT',
    'TUE,THU',
    ...(forCroner ? [] : ['FRI-MON']),
  ])
  if (!isSix) return [monthDay, month, random.integer(5) === 0 ? pick(random, ['0', '0-5', '5-7', '0-7', '6/1']) : weekDay]
  const number = 1 + random.integer(28)
  const monthDayOfSix =
    random.integer(2) === 0
      ? monthDay
      : pick(random, ['L', 'LW', `${number}W`, '31W,1', ...(forCroner ? [] : [`L-${number % 27}`, 'L,1W'])])
  const weekDayOfSix =
    random.integer(2) === 0
      ? weekDay
      : pick(random, [
          `${1 + random.integer(7)}L`,
          `${1 + random.integer(7)}#${1 + random.integer(4)}`,
          ...(forCroner ? [] : ['L', 'MON,6L']),
        ])
  return random.integer(2) === 0 ? [monthDayOfSix, month, '?'] : ['?', month, weekDayOfSix]
}

function list(random: SeededRandom, min: number, max: number): string {
  return Array.from({ length: 1 + random.integer(3) }, () => min + random.integer(max - min + 1)).join(',')
}

function range(random: SeededRandom, min: number, max: number): string {
  const first = min + random.integer(max - min + 1)
  return `${first}-${first + random.integer(max - first + 1)}`
}

function pick<Value>(random: SeededRandom, values: readonly Value[]): Value {
  const value = values[random.integer(values.length)]
  return value as Value
}

/** The place of the first value after `bound`. */
function firstAfter(sorted: readonly number[], bound: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? 0) > bound) high = middle
    else low = middle + 1
  }
  return low
}

function iso(instantMs: number): string {
  return Number.isNaN(instantMs) ? 'never' : new Date(instantMs).toISOString()
}
