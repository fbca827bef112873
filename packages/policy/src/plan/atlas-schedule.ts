import { formatTimeOfDay } from '../schedule/time-of-day.ts'

/** From the most frequent to the least. */
export const atlasFrequencies = ['hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const
export type AtlasFrequency = (typeof atlasFrequencies)[number]

/** The reference time of a policy, in UTC. */
export interface AtlasTime {
  readonly hour: number
  readonly minute: number
}

/** The interval that means the last day of a month. */
const lastDay = 40

const weekdays = ['MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN']

/**
 * When a policy item runs. What its interval means depends on its type: hours, days, the day of the week (1 is Monday), the day of the
 * month (40 is the last), the month of the year.
 */
export function atlasSchedule(
  frequency: AtlasFrequency,
  interval: number,
  { hour, minute }: AtlasTime,
): { readonly text: string } | { readonly problem: string } {
  const at = `${minute} ${hour}`
  switch (frequency) {
    case 'hourly':
      if (interval > 24) return { problem: `${interval} is no number of hours from 1 to 24` }
      return { text: `every ${interval}h from ${formatTimeOfDay(hour * 60 + minute)}` }
    case 'daily':
      return interval === 1 ? { text: `cron(${at} * * ? *)` } : { problem: `${interval} days are not possible, only 1` }
    case 'weekly':
      if (interval > 7) return { problem: `${interval} is no day of the week: 1 is Monday, 7 is Sunday` }
      return { text: `cron(${at} ? * ${weekdays[interval - 1]} *)` }
    case 'monthly':
      if (interval === lastDay) return { text: `cron(${at} L * ? *)` }
      return interval <= 28
        ? { text: `cron(${at} ${interval} * ? *)` }
        : { problem: `${interval} is no day from 1 to 28, or 40 for the last` }
    case 'yearly':
      return interval <= 12 ? { text: `cron(${at} 1 ${interval} ? *)` } : { problem: `${interval} is no month from 1 to 12` }
  }
}
