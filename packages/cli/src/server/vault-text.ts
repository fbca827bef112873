import type { VaultView } from '@coffre/api-contract'
import type { Texts } from '../messages/texts.ts'

/** What a vault promises, and who holds it to that; undefined without a lock. */
export function lockText(lock: VaultView['lock'], texts: Texts): string | undefined {
  if (lock === null) return undefined
  const { mode, minRetentionDays, maxRetentionDays, lockDate, isEnforcedByStorage } = lock
  const terms =
    minRetentionDays === undefined && maxRetentionDays === undefined ? '' : ` ${minRetentionDays ?? 0}–${maxRetentionDays ?? '∞'} d`
  const final = lockDate === null ? '' : ` ${texts.say('lock.finalFrom', { date: lockDate.slice(0, 10) })}`
  return `${mode}${terms}${final}${isEnforcedByStorage ? '' : ` ${texts.say('lock.isWord')}`}`
}
