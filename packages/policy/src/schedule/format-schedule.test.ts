import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatSchedule } from './format-schedule.ts'
import { parseSchedule } from './parse-schedule.ts'

test('schedules that mean the same have the same text', () => {
  const cases: Readonly<Record<string, string>> = {
    'cron(0 2 ? * * *)': 'cron(0 2 * * ? *)',
    '0 2 * * *': 'cron(0 2 * * ? *)',
    'every day at 2:00': 'cron(0 2 * * ? *)',
    '24h': 'cron(0 0 * * ? *)',
    'every 6h': 'cron(0 */6 * * ? *)',
    'every 6h from 02:00': 'cron(0 2/6 * * ? *)',
    'every 5h': 'cron(0 */5 * * ? *)',
    'every 5h from 20:00': 'cron(0 1,6,11,16,20 * * ? *)',
    'every 15m': 'cron(*/15 * * * ? *)',
    'cron(0-5,7,9,10 9-17/2 * * ? *)': 'cron(0-5,7,9,10 9,11,13,15,17 * * ? *)',
    'cron(0,30 0 * * ? *)': 'cron(0,30 0 * * ? *)',
    'every week on sun': 'cron(0 0 ? * SUN *)',
    '0 0 * * 1-5': 'cron(0 0 ? * MON-FRI *)',
    'cron(0 0 ? * FRI-MON *)': 'cron(0 0 ? * SUN,MON,FRI,SAT *)',
    'cron(0 0 ? * L *)': 'cron(0 0 ? * SAT *)',
    'cron(0 0 ? * fril *)': 'cron(0 0 ? * 6L *)',
    'cron(0 0 ? * FRI#3 *)': 'cron(0 0 ? * 6#3 *)',
    'every month on last, 1': 'cron(0 0 1,L * ? *)',
    'cron(0 0 LW,l-3,15w,*/10 JAN ? 2026-2028)': 'cron(0 0 */10,15W,L-3,LW 1 ? 2026-2028)',
    'cron(0 0 1 */3 ? 2190/4)': 'cron(0 0 1 */3 ? 2190/4)',
    // Either day suffices, and then neither field begins with *; or both must match, and then one does.
    '0 0 13 * fri': '0 0 13 * 5',
    '0 0 1/10 * 0/2': '0 0 1/10 * 0/2',
    '0 0 */10 * fri': '0 0 */10 * 5',
    '0 0 */31 * 5': '0 0 */31 * 5',
    '0 0 */10,2 * 5': '0 0 */31,2,11,21,31 * 5',
    '0 0 13 * */4': '0 0 13 * */7,4',
    '0 0 */2 * */4': '0 0 */2 * 0,4',
    'rate(1 hours)': 'rate(1 hour)',
    'rate(60 minutes)': 'rate(1 hour)',
    'rate(48 hours)': 'rate(2 days)',
    'rate(90 minute)': 'rate(90 minutes)',
    '90 min': 'every 90m',
    'every 45m from 2:05': 'every 45m from 02:05',
  }
  for (const [text, expected] of Object.entries(cases)) {
    assert.equal(formatSchedule(parseSchedule(text)), expected, text)
    assert.equal(formatSchedule(parseSchedule(expected)), expected)
  }
})
