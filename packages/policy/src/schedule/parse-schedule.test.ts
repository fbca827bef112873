import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CoffreError, dayMs, hourMs, minuteMs } from '@coffre/foundation'
import { parseSchedule } from './parse-schedule.ts'
import type { CronFields, DayRule, MonthDay, WeekDay } from './schedule.ts'

const all = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i)
const anyDay: DayRule = { combine: 'all', ofMonth: undefined, ofWeek: undefined }
const dates = (...days: number[]): readonly MonthDay[] => days.map((day) => ({ kind: 'day', day }))
const weekdays = (...days: number[]): readonly WeekDay[] => days.map((weekday) => ({ kind: 'weekday', weekday }))

function cron(parts: Partial<CronFields>): CronFields {
  return { minutes: [0], hours: [0], months: all(1, 12), years: undefined, days: anyDay, ...parts }
}

const ofMonth = (...days: MonthDay[]): Partial<CronFields> => ({ days: { combine: 'all', ofMonth: days, ofWeek: undefined } })
const ofWeek = (...days: WeekDay[]): Partial<CronFields> => ({ days: { combine: 'all', ofMonth: undefined, ofWeek: days } })

const crons: Readonly<Record<string, CronFields>> = {
  // Six fields.
  'cron(0 2 * * ? *)': cron({ hours: [2] }),
  'cron(0 2 ? * * *)': cron({ hours: [2] }),
  '  CRON( 0  2 * * ? * )  ': cron({ hours: [2] }),
  'cron(0 22 * * ? *)': cron({ hours: [22] }),
  'cron(0 0 ? * SUN *)': cron(ofWeek(...weekdays(0))),
  'cron(0 0 ? * sun,Wed *)': cron(ofWeek(...weekdays(0, 3))),
  'cron(0 0 ? * 1 *)': cron(ofWeek(...weekdays(0))),
  'cron(0 0 ? * 7 *)': cron(ofWeek(...weekdays(6))),
  'cron(0 0 ? * L *)': cron(ofWeek(...weekdays(6))),
  'cron(0 0 ? * MON-FRI *)': cron(ofWeek(...weekdays(1, 2, 3, 4, 5))),
  'cron(0 0 ? * FRI-MON *)': cron(ofWeek(...weekdays(0, 1, 5, 6))),
  'cron(0 0 ? * 2-6/2 *)': cron(ofWeek(...weekdays(1, 3, 5))),
  'cron(0 0 ? * 1-7 *)': cron({}),
  'cron(0 0 ? * 6L *)': cron(ofWeek({ kind: 'last', weekday: 5 })),
  'cron(0 0 ? * fril,MON *)': cron(ofWeek({ kind: 'weekday', weekday: 1 }, { kind: 'last', weekday: 5 })),
  'cron(0 0 ? * 6#3 *)': cron(ofWeek({ kind: 'nth', weekday: 5, nth: 3 })),
  'cron(0 0 ? * SUN#5 *)': cron(ofWeek({ kind: 'nth', weekday: 0, nth: 5 })),
  'cron(0 0 1-31 * ? *)': cron({}),
  'cron(0 0 1,15 * ? *)': cron(ofMonth(...dates(1, 15))),
  'cron(0 0 15,1,15 * ? *)': cron(ofMonth(...dates(1, 15))),
  'cron(0 0 10/10 * ? *)': cron(ofMonth(...dates(10, 20, 30))),
  'cron(0 0 L * ? *)': cron(ofMonth({ kind: 'last', before: 0 })),
  'cron(0 0 l-3 * ? *)': cron(ofMonth({ kind: 'last', before: 3 })),
  'cron(0 0 15w * ? *)': cron(ofMonth({ kind: 'nearest-weekday', day: 15 })),
  'cron(0 0 LW,L,3W,2 * ? *)': cron(
    ofMonth({ kind: 'day', day: 2 }, { kind: 'nearest-weekday', day: 3 }, { kind: 'last', before: 0 }, { kind: 'last-weekday' }),
  ),
  'cron(0/15 * * * ? *)': cron({ minutes: [0, 15, 30, 45], hours: all(0, 23) }),
  'cron(1/10 8-10 * * ? *)': cron({ minutes: [1, 11, 21, 31, 41, 51], hours: [8, 9, 10] }),
  'cron(0-30/10,45,05 0 * * ? *)': cron({ minutes: [0, 5, 10, 20, 30, 45] }),
  'cron(*/60 */24 * * ? *)': cron({}),
  'cron(0 0 * JAN,jul ? *)': cron({ months: [1, 7] }),
  'cron(0 0 * NOV-FEB ? *)': cron({ months: [1, 2, 11, 12] }),
  'cron(0 0 * 1/3 ? *)': cron({ months: [1, 4, 7, 10] }),
  'cron(0 0 * * ? 2026,2030-2032)': cron({ years: [2026, 2030, 2031, 2032] }),
  'cron(0 0 * * ? 2190/4)': cron({ years: [2190, 2194, 2198] }),
  'cron(0 0 * * ? 1970-2199)': cron({}),
  // Five fields.
  '0 2 * * *': cron({ hours: [2] }),
  ' 0\t2 *  * * ': cron({ hours: [2] }),
  '0 */6 * * *': cron({ hours: [0, 6, 12, 18] }),
  '5/20 0 * * *': cron({ minutes: [5, 25, 45] }),
  '0 0 * * 0': cron(ofWeek(...weekdays(0))),
  '0 0 * * 7': cron(ofWeek(...weekdays(0))),
  '0 0 * * 5-7': cron(ofWeek(...weekdays(0, 5, 6))),
  '0 0 * * fri-sun': cron(ofWeek(...weekdays(0, 5, 6))),
  '0 0 * * 0-7': cron({}),
  '0 0 * * */3': cron(ofWeek(...weekdays(0, 3, 6))),
  '0 0 1 jan *': cron({ months: [1], ...ofMonth(...dates(1)) }),
  '0 0 13 * 5': cron({ days: { combine: 'any', ofMonth: dates(13), ofWeek: weekdays(5) } }),
  '0 0 1-31 * 5': cron({}),
  '0 0 13 * 1-7': cron({}),
  '0 0 */15 * 5': cron({ days: { combine: 'all', ofMonth: dates(1, 16, 31), ofWeek: weekdays(5) } }),
  '0 0 13 * */2': cron({ days: { combine: 'all', ofMonth: dates(13), ofWeek: weekdays(0, 2, 4, 6) } }),
  '0 0 29 2 *': cron({ months: [2], ...ofMonth(...dates(29)) }),
  '@hourly': cron({ hours: all(0, 23) }),
  '@Daily': cron({}),
  '@midnight': cron({}),
  '@weekly': cron(ofWeek(...weekdays(0))),
  '@monthly': cron(ofMonth(...dates(1))),
  '@yearly': cron({ months: [1], ...ofMonth(...dates(1)) }),
  '@annually': cron({ months: [1], ...ofMonth(...dates(1)) }),
  // What `every` becomes.
  'every 6h': cron({ hours: [0, 6, 12, 18] }),
  '6h': cron({ hours: [0, 6, 12, 18] }),
  '6 hours': cron({ hours: [0, 6, 12, 18] }),
  '24h': cron({}),
  'every 1d': cron({}),
  'every 6h from 02:00': cron({ hours: [2, 8, 14, 20] }),
  'Every 6 Hours From 20:30': cron({ minutes: [30], hours: [2, 8, 14, 20] }),
  '6h from 02:00': cron({ hours: [2, 8, 14, 20] }),
  'every 5h from 20:00': cron({ hours: [1, 6, 11, 16, 20] }),
  'every 24h from 02:15': cron({ minutes: [15], hours: [2] }),
  'every 23h': cron({ hours: [0, 23] }),
  'every 30m': cron({ minutes: [0, 30], hours: all(0, 23) }),
  '30m': cron({ minutes: [0, 30], hours: all(0, 23) }),
  'every 15 minutes from 00:50': cron({ minutes: [5, 20, 35, 50], hours: all(0, 23) }),
  'every 120m': cron({ hours: [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22] }),
  'every hour': cron({ hours: all(0, 23) }),
  'every hour from 00:30': cron({ minutes: [30], hours: all(0, 23) }),
  'every minute': cron({ minutes: all(0, 59), hours: all(0, 23) }),
  'every day': cron({}),
  'every day at 2:05': cron({ minutes: [5], hours: [2] }),
  'every week on sunday at 02:00': cron({ hours: [2], ...ofWeek(...weekdays(0)) }),
  'every week on mon, thu': cron(ofWeek(...weekdays(1, 4))),
  'every week on Monday and Thursday at 23:59': cron({ minutes: [59], hours: [23], ...ofWeek(...weekdays(1, 4)) }),
  'every week on sat-mon': cron(ofWeek(...weekdays(0, 1, 6))),
  'every week on sun-sat at 01:00': cron({ hours: [1] }),
  'every month on 1 at 02:00': cron({ hours: [2], ...ofMonth(...dates(1)) }),
  'every month on 15th, 1st and last at 02:00': cron({ hours: [2], ...ofMonth(...dates(1, 15), { kind: 'last', before: 0 }) }),
  'every month on the last day': cron(ofMonth({ kind: 'last', before: 0 })),
}

test('what means a cron becomes one, and keeps its text', () => {
  for (const [text, expected] of Object.entries(crons)) {
    assert.deepEqual(parseSchedule(text), { kind: 'cron', text: text.trim(), cron: expected }, text)
  }
})

test('intervals that no cron can say', () => {
  const cases: Readonly<Record<string, object>> = {
    'rate(6 hours)': { kind: 'rate', everyMs: 6 * hourMs },
    'Rate( 1  hour )': { kind: 'rate', everyMs: hourMs },
    'rate(1 hours)': { kind: 'rate', everyMs: hourMs },
    'rate(5 minute)': { kind: 'rate', everyMs: 5 * minuteMs },
    'rate(2 days)': { kind: 'rate', everyMs: 2 * dayMs },
    'rate(36525 days)': { kind: 'rate', everyMs: 36_525 * dayMs },
    'every 90m': { kind: 'every', everyMinutes: 90, fromMinute: 0 },
    '90m': { kind: 'every', everyMinutes: 90, fromMinute: 0 },
    'every 45 min from 10:05': { kind: 'every', everyMinutes: 45, fromMinute: 605 },
    'every 1439m from 23:59': { kind: 'every', everyMinutes: 1439, fromMinute: 1439 },
  }
  for (const [text, expected] of Object.entries(cases)) assert.deepEqual(parseSchedule(text), { text, ...expected }, text)
})

const minutesHint = 'The field minutes takes 0-59, with , - * and /.'
const hoursHint = 'The field hours takes 0-23, with , - * and /.'
const monthHint = 'The field month takes 1-12 or JAN-DEC, with , - * and /.'
const yearHint = 'The field year takes 1970-2199, with , - * and /.'
const sixDaysHint =
  'The field day of month takes 1-31, with , - * / ? L (last), L-3 (3 before the last), W (15W, nearest working day) and LW.'
const sixWeekHint =
  'The field day of week takes 1-7 or SUN-SAT (1 is Sunday), with , - * / ? L (6L, last Friday) and # (6#3, third Friday).'
const fiveDaysHint = 'The field day of month takes 1-31, with , - * and / (? L and W only in the six fields of cron(...)).'
const fiveWeekHint =
  'The field day of week takes 0-7 or SUN-SAT (0 and 7 are Sunday), with , - * and / (? L and # only in the six fields of cron(...)).'
const everyHint =
  'Write it as one of: every 6h, every 30m from 00:10, every day at 02:00, every week on sunday at 02:00, every month on 1 at 02:00, every month on last at 02:00.'
const notations =
  'Write cron(0 2 * * ? *) with six fields, a crontab line such as 0 2 * * *, rate(6 hours), every 6h from 02:00, or every day at 02:00.'
const fieldsHint = 'They are minutes, hours, day of month, month, day of week, year: cron(0 2 * * ? *) is each day at 02:00.'
const rateHint = 'Write rate(value unit) with minutes, hours or days, as in rate(6 hours) or rate(1 day).'
const bothHint = 'For days of both kinds write two rules, or a crontab line of five fields, where either one suffices.'
const neverHint = 'None of its months has such a day in the years 1970 to 2199.'

const wrong: readonly (readonly [text: string, message: string, hint: string])[] = [
  ['', '"" is no schedule', notations],
  ['daily', '"daily" is no schedule', notations],
  ['0 2 * *', '"0 2 * *" is no schedule', notations],
  ['0 2 * * * * *', '"0 2 * * * * *" is no schedule', notations],
  ['cron(0 2 * * ? *', '"cron(0 2 * * ? *" lacks a bracket at its end', notations],
  ['at(2026-11-21T14:00:00)', '"at(2026-11-21T14:00:00)" is no schedule', notations],
  [' '.repeat(1001), 'a schedule of 1001 characters is too long', notations],
  ['0 2 * * ? *', '"0 2 * * ? *" has six fields without cron(...)', 'Write cron(0 2 * * ? *), or five fields.'],
  [
    '@reboot',
    '"@reboot" is not known',
    'Of the words with @ there are @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually.',
  ],
  // The fields of six.
  ['cron()', '"cron()" has 0 fields; cron(...) takes six', fieldsHint],
  ['cron(0 2 * * *)', '"cron(0 2 * * *)" has 5 fields; cron(...) takes six', fieldsHint],
  ['cron(0 2 * * ? * *)', '"cron(0 2 * * ? * *)" has 7 fields; cron(...) takes six', fieldsHint],
  [
    'cron(0 2 ? * ? *)',
    'cron fields day of month "?" and day of week "?": exactly one of the two must be ?',
    'For every day, write * for the day of month and ? for the day of week.',
  ],
  [
    'cron(0 2 * * * *)',
    'cron fields day of month "*" and day of week "*": exactly one of the two must be ?',
    'Write ? for the day of week, and leave "*".',
  ],
  [
    'cron(0 2 * * SUN *)',
    'cron fields day of month "*" and day of week "SUN": exactly one of the two must be ?',
    'Write ? for the day of month, and leave "SUN".',
  ],
  ['cron(0 2 1 * SUN *)', 'cron fields day of month "1" and day of week "SUN": exactly one of the two must be ?', bothHint],
  ['cron(60 2 * * ? *)', 'cron field minutes "60": 60 is not within 0-59', minutesHint],
  ['cron(0,60 2 * * ? *)', 'cron field minutes "0,60": 60 is not within 0-59', minutesHint],
  ['cron(-1 2 * * ? *)', 'cron field minutes "-1": "-1" cannot be read', minutesHint],
  ['cron(? 2 * * ? *)', 'cron field minutes "?": "?" cannot be read', minutesHint],
  ['cron(5, 2 * * ? *)', 'cron field minutes "5,": an element of the list is empty', minutesHint],
  ['cron(1.5 2 * * ? *)', 'cron field minutes "1.5": "1.5" cannot be read', minutesHint],
  ['cron(*/0 2 * * ? *)', 'cron field minutes "*/0": a step of 0 never moves on', minutesHint],
  ['cron(*/ 2 * * ? *)', 'cron field minutes "*/": "*/" cannot be read', minutesHint],
  [
    'cron(0/90 * * * ? *)',
    'cron field minutes "0/90": a step of 90 is more than the 60 values that there are; cron begins anew after the last',
    minutesHint,
  ],
  [
    'cron(50-10 2 * * ? *)',
    'cron field minutes "50-10": the range ends before it begins; write two, up to 59 and from 0',
    minutesHint,
  ],
  ['cron(0 24 * * ? *)', 'cron field hours "24": 24 is not within 0-23', hoursHint],
  ['cron(0 2am * * ? *)', 'cron field hours "2am": "2am" is not a number of this field', hoursHint],
  ['cron(0 22-2 * * ? *)', 'cron field hours "22-2": the range ends before it begins; write two, up to 23 and from 0', hoursHint],
  ['cron(0 2 0 * ? *)', 'cron field day of month "0": 0 is not within 1-31', sixDaysHint],
  ['cron(0 2 32W * ? *)', 'cron field day of month "32W": 32 is not within 1-31', sixDaysHint],
  ['cron(0 2 W * ? *)', 'cron field day of month "W": "W" is not a number of this field', sixDaysHint],
  ['cron(0 2 1-5W * ? *)', 'cron field day of month "1-5W": "5W" is not a number of this field', sixDaysHint],
  ['cron(0 2 L-31 * ? *)', 'cron field day of month "L-31": no month has a day 31 days before its last', sixDaysHint],
  ['cron(0 2 6#3 * ? *)', 'cron field day of month "6#3": "6#3" cannot be read', sixDaysHint],
  ['cron(0 2 ?,1 * SUN *)', 'cron fields day of month "?,1" and day of week "SUN": exactly one of the two must be ?', bothHint],
  [
    'cron(0 2 31-1 * ? *)',
    'cron field day of month "31-1": the range ends before it begins; write two, up to 31 and from 1',
    sixDaysHint,
  ],
  ['cron(0 2 * 13 ? *)', 'cron field month "13": 13 is not within 1-12', monthHint],
  ['cron(0 2 * JANUARY ? *)', 'cron field month "JANUARY": "JANUARY" is not a number or name of this field', monthHint],
  ['cron(0 2 ? * 0 *)', 'cron field day of week "0": 0 is not within 1-7', sixWeekHint],
  ['cron(0 2 ? * 8L *)', 'cron field day of week "8L": 8 is not within 1-7', sixWeekHint],
  ['cron(0 2 ? * FOO#1 *)', 'cron field day of week "FOO#1": "FOO" is not a number or name of this field', sixWeekHint],
  ['cron(0 2 ? * 6#0 *)', 'cron field day of week "6#0": a weekday comes 1 to 5 times in a month, not 0', sixWeekHint],
  ['cron(0 2 ? * 6#6 *)', 'cron field day of week "6#6": a weekday comes 1 to 5 times in a month, not 6', sixWeekHint],
  ['cron(0 2 ? * 3#1,6#3 *)', 'cron field day of week "3#1,6#3": beside a # nothing else may stand in the field', sixWeekHint],
  ['cron(0 2 ? * 3W *)', 'cron field day of week "3W": "3W" is not a number or name of this field', sixWeekHint],
  ['cron(0 2 * * ? 1969)', 'cron field year "1969": 1969 is not within 1970-2199', yearHint],
  ['cron(0 2 * * ? 2200)', 'cron field year "2200": 2200 is not within 1970-2199', yearHint],
  ['cron(0 2 * * ? ?)', 'cron field year "?": "?" cannot be read', yearHint],
  ['cron(0 2 31 2,4,6 ? *)', '"cron(0 2 31 2,4,6 ? *)" never comes', neverHint],
  ['cron(0 2 29 2 ? 2026)', '"cron(0 2 29 2 ? 2026)" never comes', neverHint],
  // The fields of five.
  ['0 2 L * *', 'cron field day of month "L": "L" is not a number of this field', fiveDaysHint],
  ['0 2 15W * *', 'cron field day of month "15W": "15W" is not a number of this field', fiveDaysHint],
  ['0 2 ? * *', 'cron field day of month "?": "?" cannot be read', fiveDaysHint],
  ['0 2 * * 8', 'cron field day of week "8": 8 is not within 0-7', fiveWeekHint],
  ['0 2 * * 6#3', 'cron field day of week "6#3": "6#3" cannot be read', fiveWeekHint],
  ['0 2 * * 5L', 'cron field day of week "5L": "5L" is not a number or name of this field', fiveWeekHint],
  ['0 0 30 2 *', '"0 0 30 2 *" never comes', neverHint],
  // rate and every.
  ['rate()', '"rate()" is no rate', rateHint],
  ['rate(6)', '"rate(6)" is no rate', rateHint],
  ['rate(6hours)', '"rate(6hours)" is no rate', rateHint],
  ['rate(6 weeks)', '"rate(6 weeks)" is no rate', rateHint],
  ['rate(-6 hours)', '"rate(-6 hours)" is no rate', rateHint],
  ['rate(0 hours)', '"rate(0 hours)" is no interval', 'A rate is 1 minute or more.'],
  ['rate(36526 days)', '"rate(36526 days)" is longer than a hundred years', 'A rate is 1 minute or more.'],
  ['every', '"every" cannot be read', everyHint],
  ['every 6x', '"every 6x" cannot be read', everyHint],
  ['6x', '"6x" cannot be read', everyHint],
  ['every week at 02:00', '"every week at 02:00" cannot be read', everyHint],
  ['every month at 02:00', '"every month at 02:00" cannot be read', everyHint],
  ['every 0h', '"every 0h" is no interval', everyHint],
  [
    'every 48h',
    '"every 48h" is longer than a day, which such a schedule divides',
    'Write rate(2 days) to count from the making of the rule, or name days: every week on sunday at 02:00.',
  ],
  [
    '1441m',
    '"1441m" is longer than a day, which such a schedule divides',
    'Write rate(1441 minutes) to count from the making of the rule, or name days: every week on sunday at 02:00.',
  ],
  ['every 6h from 24:00', '"24:00" in "every 6h from 24:00" is no time of day', 'Write hours and minutes, from 00:00 to 23:59.'],
  ['every day at 02:60', '"02:60" in "every day at 02:60" is no time of day', 'Write hours and minutes, from 00:00 to 23:59.'],
  ['every day at 2', '"2" in "every day at 2" is no time of day', 'Write hours and minutes, from 00:00 to 23:59.'],
  [
    'every week on funday',
    '"funday" in "every week on funday" is no day of the week',
    'Write one or more of them, as in sunday, mon,thu or mon-fri.',
  ],
  [
    'every week on mon-',
    '"mon-" in "every week on mon-" is no day of the week',
    'Write one or more of them, as in sunday, mon,thu or mon-fri.',
  ],
  [
    'every month on 0',
    '"0" in "every month on 0" is no day of the month',
    'Write days from 1 to 31, or last, as in 1, 1,15 or last.',
  ],
  [
    'every month on 1,32',
    '"32" in "every month on 1,32" is no day of the month',
    'Write days from 1 to 31, or last, as in 1, 1,15 or last.',
  ],
]

test('what is wrong is told with its field, its text and what is allowed', () => {
  for (const [text, message, hint] of wrong) {
    const error = errorOf(text)
    assert.deepEqual(
      { code: error.code, message: error.message, hint: error.hint },
      { code: 'policy.schedule-invalid', message, hint },
    )
  }
})

function errorOf(text: string): CoffreError {
  try {
    parseSchedule(text)
  } catch (error) {
    if (error instanceof CoffreError) return error
    throw error
  }
  return assert.fail(`"${text}" was read`)
}
