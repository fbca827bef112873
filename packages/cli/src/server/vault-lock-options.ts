import { parseWholeNumber, value } from '../options/option.ts'

/** The terms of a lock. */
export const lockTermOptions = {
  minRetentionDays: value('min-retention-days', 'n', parseWholeNumber),
  maxRetentionDays: value('max-retention-days', 'n', parseWholeNumber),
  changeableForDays: value('changeable-for-days', 'n', parseWholeNumber),
} as const

interface LockTerms {
  readonly minRetentionDays?: number
  readonly maxRetentionDays?: number
  readonly changeableForDays?: number
}

/** Those that were given. */
export function lockTerms(given: { readonly [Term in keyof LockTerms]: number | undefined }): LockTerms {
  const { minRetentionDays, maxRetentionDays, changeableForDays } = given
  return {
    ...(minRetentionDays === undefined ? {} : { minRetentionDays }),
    ...(maxRetentionDays === undefined ? {} : { maxRetentionDays }),
    ...(changeableForDays === undefined ? {} : { changeableForDays }),
  }
}
