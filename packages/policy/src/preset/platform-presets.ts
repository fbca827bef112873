import {
  dynamodb,
  efs,
  elasticache,
  nightWindow,
  onePlan,
  rds,
  retentionChoice,
  s3,
  sundayWindow,
  zoneChoice,
} from './platform-parts.ts'
import { platformProduction } from './platform-production.ts'
import type { PlanTemplate, Preset } from './preset.ts'
import {
  environmentTagParameter,
  projectParameter,
  sourcesParameter,
  timeZoneParameter,
  vaultParameter,
} from './shared-parameters.ts'

const development: Preset = {
  name: 'platform-development',
  title: { en: 'Web platform: development', fr: 'Plateforme web : développement' },
  text: {
    en: 'Every day between 22:00 and 02:00, kept 7 days; failures are notified; restore tests by hand.',
    fr: 'Tous les jours entre 22 h et 2 h, gardé 7 jours ; échecs notifiés ; tests de restauration à la main.',
  },
  origin: ['S1.9', 'S1.10'],
  choices: [retentionChoice, zoneChoice],
  parameters: [
    timeZoneParameter,
    projectParameter,
    vaultParameter('{project}-dev-backup-vault'),
    sourcesParameter,
    environmentTagParameter,
  ],
  vaults: [{ name: '{vault}', purpose: 'primary', encryption: 'default-key', storage: ['standard'], shortRetention: '7d' }],
  plans: [nightlyPlan('{project}-dev-daily', '7d', 'development', [rds, efs, s3])],
  restoreTests: [{ name: 'restore', text: { en: 'Restore by hand', fr: 'Restauration à la main' }, cadence: 'manual' }],
  notifications: [{ topic: '{project}-dev-backup-alerts', events: ['failure'] }],
  objectives: { rpoHours: 24, rtoHours: 24 },
}

const stagingDaily = nightlyPlan('{project}-staging-daily', '14d', 'staging', [rds, efs, s3, dynamodb, elasticache])

const staging: Preset = {
  name: 'platform-staging',
  title: { en: 'Web platform: staging', fr: 'Plateforme web : préproduction' },
  text: {
    en: 'Every day between 22:00 and 02:00, kept 14 days, one a week kept 30; databases are restored every month as a test.',
    fr: 'Tous les jours entre 22 h et 2 h, gardé 14 jours, un par semaine 30 ; les bases sont restaurées chaque mois pour essai.',
  },
  origin: ['S1.9', 'S1.11'],
  choices: [
    retentionChoice,
    zoneChoice,
    {
      about: 'C13',
      text: {
        en: 'No plan of the document uses the 30 days of long-term retention: a weekly rule on Sunday does, as in production.',
        fr: 'Aucun plan du document n’emploie les 30 jours de rétention longue : une règle du dimanche le fait, comme en production.',
      },
    },
  ],
  parameters: [
    timeZoneParameter,
    projectParameter,
    vaultParameter('{project}-staging-backup-vault'),
    sourcesParameter,
    environmentTagParameter,
  ],
  vaults: [
    {
      name: '{vault}',
      purpose: 'primary',
      encryption: 'dedicated-key',
      storage: ['standard', 'infrequent-access'],
      shortRetention: '14d',
      longRetention: '30d',
    },
  ],
  plans: [
    stagingDaily,
    {
      document: onePlan('{project}-staging-weekly', {
        name: 'weekly',
        window: sundayWindow,
        targetVault: '{vault}',
        lifecycle: { deleteAfter: '30d' },
      }),
      selections: stagingDaily.selections,
    },
  ],
  restoreTests: [
    {
      name: 'restore-rds',
      text: { en: 'Restore of databases', fr: 'Restauration des bases' },
      cadence: 'monthly',
      sources: [rds],
      environment: { en: 'dedicated test environment', fr: 'environnement de test dédié' },
    },
  ],
  notifications: [{ topic: '{project}-staging-backup-alerts', events: ['failure', 'success'] }],
  objectives: { rpoHours: 24, rtoHours: 12 },
}

export const platformPresets: readonly Preset[] = [development, staging, platformProduction]

function nightlyPlan(name: string, deleteAfter: string, environment: string, sources: readonly string[]): PlanTemplate {
  const selection = {
    name: 'by-type-and-environment',
    sources,
    conditions: [{ key: '{environmentTag}', operator: 'StringEquals', value: environment }],
  }
  return {
    document: onePlan(name, { name: 'daily', window: nightWindow, targetVault: '{vault}', lifecycle: { deleteAfter } }),
    selections: [selection],
  }
}
