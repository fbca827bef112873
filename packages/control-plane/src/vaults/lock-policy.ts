import type { LockPolicy } from '@coffre/repository'
import type { Selectable } from 'kysely'
import type { VaultTable } from '../catalogue/tables/policy-tables.ts'

type LockColumns = Pick<Selectable<VaultTable>, 'lockMode' | 'minRetentionDays' | 'maxRetentionDays'>

/** What the vault itself is told of its lock; undefined when it has none. */
export function lockPolicyOf({ lockMode, minRetentionDays, maxRetentionDays }: LockColumns): LockPolicy | undefined {
  if (lockMode === null) return undefined
  return { mode: lockMode, days: minRetentionDays ?? 1, daysMax: maxRetentionDays ?? longestDays }
}

/** A hundred years, as the API has it: a lock without a greatest retention still ends. */
const longestDays = 36_500
