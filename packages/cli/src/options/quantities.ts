import { hourMs, minuteMs } from '@coffre/foundation'
import { ValueError } from './option.ts'

const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  'µs': 1e-3,
  'μs': 1e-3,
  ms: 1,
  s: 1000,
  m: minuteMs,
  h: hourMs,
}

/** Go's durations: `30s`, `5m`, `1h30m`, `0`. */
export function parseDurationMs(given: string): number {
  if (given === '0') return 0
  const part = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g
  if (!/^(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(given)) throw new ValueError('30s, 5m, 1h30m')
  return [...given.matchAll(part)].reduce((sum, [, number, unit = '']) => sum + Number(number) * (unitMs[unit] ?? 0), 0)
}

/** How many to keep: a number, or `unlimited`, which is -1. */
export function parseKeepCount(given: string): number {
  if (given === 'unlimited') return -1
  if (!/^\d{1,15}$/.test(given)) throw new ValueError('0, 1, 2 … | unlimited')
  return Number(given)
}

/** All tags of all lists, once each list's commas are resolved; empty ones mean nothing. */
export function flattenTags(lists: readonly (readonly string[])[]): string[] {
  return lists.flat().filter((tag) => tag !== '')
}
