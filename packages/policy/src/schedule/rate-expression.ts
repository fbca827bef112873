import { dayMs, hourMs, minuteMs } from '@coffre/foundation'
import type { Schedule } from './schedule.ts'
import { invalidSchedule } from './schedule-error.ts'

const unitMs: Readonly<Record<string, number>> = { minute: minuteMs, hour: hourMs, day: dayMs }

/** A hundred years: far beyond what anybody means, and far within what numbers hold. */
const everyMsMax = 36_525 * dayMs

/** `rate(6 hours)`. AWS wants the singular after 1 and the plural otherwise; here either is read. */
export function parseRate(text: string): Schedule {
  const match = /^rate\(\s*([0-9]{1,9})\s+(minute|hour|day)s?\s*\)$/i.exec(text)
  if (match === null) {
    throw invalidSchedule(
      `"${text}" is no rate`,
      'Write rate(value unit) with minutes, hours or days, as in rate(6 hours) or rate(1 day).',
    )
  }
  const everyMs = Number(match[1]) * (unitMs[match[2]?.toLowerCase() ?? ''] ?? 0)
  if (everyMs > 0 && everyMs <= everyMsMax) return { kind: 'rate', text, everyMs }
  throw invalidSchedule(
    `"${text}" is ${everyMs === 0 ? 'no interval' : 'longer than a hundred years'}`,
    'A rate is 1 minute or more.',
  )
}

/** The largest unit that divides the interval, in the number that AWS wants. */
export function formatRate(everyMs: number): string {
  const unit = everyMs % dayMs === 0 ? 'day' : everyMs % hourMs === 0 ? 'hour' : 'minute'
  const value = everyMs / (unitMs[unit] ?? 1)
  return `rate(${value} ${unit}${value === 1 ? '' : 's'})`
}
