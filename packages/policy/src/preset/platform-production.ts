import type { Text } from '../language.ts'
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
import type { Preset, PresetParameter } from './preset.ts'
import {
  environmentTagParameter,
  projectParameter,
  sourcesParameter,
  timeZoneParameter,
  vaultParameter,
} from './shared-parameters.ts'

const drEnvironment: Text = { en: 'dedicated DR environment', fr: 'environnement de reprise dédié' }

const tierTagParameter: PresetParameter = {
  name: 'tierTag',
  text: {
    en: 'Tag that has the criticality tier of a source, 1 or 2',
    fr: 'Étiquette qui porte le niveau de criticité d’une source, 1 ou 2',
  },
  value: 'Tier',
}

export const platformProduction: Preset = {
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
      document: onePlan('{project}-prod-hourly', {
        name: 'hourly',
        schedule: 'cron(0 * * * ? *)',
        startWindowMinutes: 60,
        targetVault: '{vault}',
        lifecycle: { deleteAfter: '24h' },
      }),
      selections: [tierSelection('1', [rds])],
    },
    {
      document: onePlan('{project}-prod-daily', {
        name: 'daily',
        window: nightWindow,
        targetVault: '{vault}',
        lifecycle: { deleteAfter: '30d' },
        copies: [{ targetVault: '{secondaryVault}', region: '{secondaryRegion}' }],
      }),
      selections: bothTiers(),
    },
    {
      document: onePlan('{project}-prod-weekly', {
        name: 'weekly',
        window: sundayWindow,
        targetVault: '{vault}',
        lifecycle: { moveToColdAfter: '30d', deleteAfter: '1y' },
      }),
      selections: bothTiers(),
    },
    {
      document: onePlan('{project}-prod-monthly', {
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
