import type { Text } from '../language.ts'
import type { PlanTemplate, Preset, PresetChoice, PresetParameter } from './preset.ts'
import {
  environmentTagParameter,
  projectParameter,
  sourcesParameter,
  timeZoneParameter,
  vaultParameter,
} from './shared-parameters.ts'

/** The kinds of sources of S1.1, by the ARNs that sources have. */
const rds = 'arn:aws:rds:*'
const efs = 'arn:aws:elasticfilesystem:*'
const s3 = 'arn:aws:s3:*'
const dynamodb = 'arn:aws:dynamodb:*'
const elasticache = 'arn:aws:elasticache:*'

const nightWindow = '22:00-02:00'
const sundayWindow = 'sun 00:00-06:00'

const drEnvironment: Text = { en: 'dedicated DR environment', fr: 'environnement de reprise dédié' }

const tierTagParameter: PresetParameter = {
  name: 'tierTag',
  text: {
    en: 'Tag that has the criticality tier of a source, 1 or 2',
    fr: 'Étiquette qui porte le niveau de criticité d’une source, 1 ou 2',
  },
  value: 'Tier',
}

const retentionChoice: PresetChoice = {
  about: 'C18',
  text: {
    en: 'Retention is this document’s own: 7 days in development, 14 in staging, 30 in production.',
    fr: 'La rétention est celle de ce document : 7 jours en développement, 14 en préproduction, 30 en production.',
  },
}
const zoneChoice: PresetChoice = {
  about: 'G4',
  text: { en: 'Times are given without a zone: UTC unless set.', fr: 'Les heures sont données sans fuseau : UTC sauf réglage.' },
}

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
      document: plan('{project}-staging-weekly', {
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

const production: Preset = {
  name: 'platform-production',
  title: { en: 'Web platform: production', fr: 'Plateforme web : production' },
  text: {
    en: 'Databases of tier 1 every hour, everything every night with a copy in another region, every week and every month; monthly points are kept 7 years.',
    fr: 'Bases de niveau 1 toutes les heures, tout chaque nuit avec copie dans une autre région, chaque semaine et chaque mois ; les points mensuels sont gardés 7 ans.',
  },
  origin: ['S1.9', 'S1.12', 'S1.13', 'S1.14', 'S1.15', 'S1.16', 'S1.17', 'S1.18', 'S1.19', 'S1.20'],
  choices: [
    retentionChoice,
    zoneChoice,
    {
      about: 'C12',
      text: {
        en: 'The vault is named -primary, as in the diagram; the usage sample leaves that out.',
        fr: 'Le coffre se nomme -primary, comme au schéma ; l’exemple d’usage l’omet.',
      },
    },
    {
      about: 'C14',
      text: {
        en: 'Restore tests: databases every week, the others every month, as in the diagram.',
        fr: 'Tests de restauration : bases chaque semaine, le reste chaque mois, comme au schéma.',
      },
    },
    {
      about: 'G3',
      text: {
        en: 'Not stated: monthly points stay a year in the primary vault and 7 years in the archive, from the 1st at 00:00; what is kept a year moves to cold storage after 30 days; the topic notifies failures.',
        fr: 'Non précisé : les points mensuels restent un an au coffre principal et 7 ans à l’archive, le 1er à 0 h ; ce qui est gardé un an passe en stockage froid après 30 jours ; le sujet notifie les échecs.',
      },
    },
  ],
  parameters: [
    timeZoneParameter,
    projectParameter,
    vaultParameter('{project}-prod-backup-vault-primary'),
    parameter(
      'secondaryVault',
      '{project}-prod-backup-vault-secondary',
      'Vault for copies in another region',
      'Coffre des copies dans une autre région',
    ),
    parameter(
      'archiveVault',
      '{project}-prod-backup-vault-archive',
      'Vault for points kept for years',
      'Coffre des points gardés des années',
    ),
    parameter('region', 'eu-west-1', 'Region of the vaults', 'Région des coffres'),
    parameter('secondaryRegion', 'eu-central-1', 'Region of the copies', 'Région des copies'),
    sourcesParameter,
    environmentTagParameter,
    tierTagParameter,
  ],
  vaults: [
    {
      name: '{vault}',
      purpose: 'primary',
      region: '{region}',
      encryption: 'multi-region-key',
      storage: ['standard', 'infrequent-access', 'archive'],
      shortRetention: '30d',
      longRetention: '1y',
    },
    {
      name: '{secondaryVault}',
      purpose: 'copies',
      region: '{secondaryRegion}',
      encryption: 'multi-region-key',
      storage: ['standard'],
    },
    {
      name: '{archiveVault}',
      purpose: 'archive',
      region: '{region}',
      encryption: 'multi-region-key',
      storage: ['deep-archive'],
      longRetention: '7y',
    },
  ],
  plans: [
    {
      document: plan('{project}-prod-hourly', {
        name: 'hourly',
        schedule: 'cron(0 * * * ? *)',
        startWindowMinutes: 60,
        targetVault: '{vault}',
        lifecycle: { deleteAfter: '24h' },
      }),
      selections: [tierSelection('1', [rds])],
    },
    {
      document: plan('{project}-prod-daily', {
        name: 'daily',
        window: nightWindow,
        targetVault: '{vault}',
        lifecycle: { deleteAfter: '30d' },
        copies: [{ targetVault: '{secondaryVault}', region: '{secondaryRegion}' }],
      }),
      selections: bothTiers(),
    },
    {
      document: plan('{project}-prod-weekly', {
        name: 'weekly',
        window: sundayWindow,
        targetVault: '{vault}',
        lifecycle: { moveToColdAfter: '30d', deleteAfter: '1y' },
      }),
      selections: bothTiers(),
    },
    {
      document: plan('{project}-prod-monthly', {
        name: 'monthly',
        schedule: 'cron(0 0 1 * ? *)',
        targetVault: '{vault}',
        lifecycle: { moveToColdAfter: '30d', deleteAfter: '1y' },
        copies: [{ targetVault: '{archiveVault}', lifecycle: { moveToColdAfter: '1y', deleteAfter: '7y' } }],
      }),
      selections: bothTiers(),
    },
  ],
  restoreTests: [
    {
      name: 'restore-rds',
      text: { en: 'Restore of databases, validated automatically', fr: 'Restauration des bases, validée automatiquement' },
      cadence: 'weekly',
      sources: [rds],
      environment: drEnvironment,
    },
    {
      name: 'restore-others',
      text: {
        en: 'Restore of the other sources, validated automatically',
        fr: 'Restauration des autres sources, validée automatiquement',
      },
      cadence: 'monthly',
      sources: [efs, s3, dynamodb, elasticache],
      environment: drEnvironment,
    },
  ],
  notifications: [{ topic: '{project}-prod-backup-alerts', events: ['failure'] }],
  objectives: { rpoHours: 24, rtoHours: 4, exceptions: [{ sources: rds, rpoHours: 1 }] },
}

export const platformPresets: readonly Preset[] = [development, staging, production]

function plan(name: string, rule: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return { name, timeZone: '{timeZone}', rules: [rule] }
}

function nightlyPlan(name: string, deleteAfter: string, environment: string, sources: readonly string[]): PlanTemplate {
  const selection = {
    name: 'by-type-and-environment',
    sources,
    conditions: [{ key: '{environmentTag}', operator: 'StringEquals', value: environment }],
  }
  return {
    document: plan(name, { name: 'daily', window: nightWindow, targetVault: '{vault}', lifecycle: { deleteAfter } }),
    selections: [selection],
  }
}

/** A selection per tier, since conditions must all hold. */
function bothTiers(): readonly Readonly<Record<string, unknown>>[] {
  return [tierSelection('1', ['*']), tierSelection('2', ['*'])]
}

function tierSelection(tier: string, sources: readonly string[]): Readonly<Record<string, unknown>> {
  const conditions = [
    { key: '{environmentTag}', operator: 'StringEquals', value: 'production' },
    { key: '{tierTag}', operator: 'StringEquals', value: tier },
  ]
  return { name: `tier-${tier}`, sources, conditions }
}

function parameter(name: string, value: string, en: string, fr: string): PresetParameter {
  return { name, value, text: { en, fr } }
}
