import type { PresetChoice } from './preset.ts'

/** What the presets of S1.9 to S1.20 have in common. */

/** The kinds of sources of S1.1, by the ARNs that sources have. */
export const rds = 'arn:aws:rds:*'
export const efs = 'arn:aws:elasticfilesystem:*'
export const s3 = 'arn:aws:s3:*'
export const dynamodb = 'arn:aws:dynamodb:*'
export const elasticache = 'arn:aws:elasticache:*'

export const nightWindow = '22:00-02:00'
export const sundayWindow = 'sun 00:00-06:00'

export const retentionChoice: PresetChoice = {
  about: 'C18',
  text: {
    en: 'Retention is this document’s own: 7 days in development, 14 in staging, 30 in production.',
    fr: 'La rétention est celle de ce document : 7 jours en développement, 14 en préproduction, 30 en production.',
  },
}
export const zoneChoice: PresetChoice = {
  about: 'G4',
  text: { en: 'Times are given without a zone: UTC unless set.', fr: 'Les heures sont données sans fuseau : UTC sauf réglage.' },
}

/** A plan of one rule. */
export function onePlan(name: string, rule: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return { name, timeZone: '{timeZone}', rules: [rule] }
}
