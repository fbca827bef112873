import type { Values } from '../options/option.ts'
import { flag, parseWholeNumber, text, value } from '../options/option.ts'
import { parsePastTime } from '../options/past-time.ts'

/** What a restore goes back to. */
export const logTargetOptions = {
  at: value('at', 'time', parsePastTime),
  lsn: text('lsn', 'position'),
  xid: text('xid', 'id'),
  restorePoint: text('restore-point', 'name'),
  latest: flag('latest'),
  timeline: value('timeline', 'n', parseTimeline),
} as const

/** The same as the API takes it. */
export function logTarget({ at, lsn, xid, restorePoint, latest, timeline }: Values<typeof logTargetOptions>, nowMs: number) {
  return {
    ...(at === undefined ? {} : { at: instantOf(at(nowMs)) }),
    ...(lsn === undefined ? {} : { position: lsn }),
    ...(xid === undefined ? {} : { transaction: xid }),
    ...(restorePoint === undefined ? {} : { marker: restorePoint }),
    ...(latest ? { latest } : {}),
    ...(timeline === undefined ? {} : { branch: timeline }),
  }
}

/** With the microseconds that a Date leaves out, where there are any. */
export function instantOf(ms: number): string {
  const finer = Math.round((ms - Math.floor(ms)) * 1000)
  const instant = new Date(Math.floor(ms)).toISOString()
  return finer === 0 ? instant : instant.replace('Z', `${String(finer).padStart(3, '0')}Z`)
}

/** PostgreSQL counts timelines in tens, and writes them as eight hexadecimal digits, by which the log knows them. */
function parseTimeline(given: string): string {
  if (/^[0-9A-F]{8}$/.test(given)) return given
  return parseWholeNumber(given).toString(16).toUpperCase().padStart(8, '0')
}
