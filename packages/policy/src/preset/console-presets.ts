import type { Text } from '../language.ts'
import type { Preset, PresetChoice, RestoreTestCadence } from './preset.ts'
import {
  copyVaultsParameter,
  environmentTagParameter,
  sourcesParameter,
  timeZoneParameter,
  vaultParameter,
} from './shared-parameters.ts'

/** One column of a table of settings per environment. */
interface Row {
  readonly name: string
  readonly title: Text
  readonly origin: string
  /** What the environment tag of its sources is. */
  readonly environment: string
  readonly schedule: string
  readonly keep: string
  /** 0: no continuous restore. */
  readonly windowDays: number
  readonly regions: number
  readonly restoreTest?: RestoreTestCadence
  readonly choices: readonly PresetChoice[]
}

const everySixHours = 'every 6h from 02:00'
const daily = 'cron(0 2 * * ? *)'

const restoreText: Text = { en: 'Restore of the newest point', fr: 'Restauration du point le plus récent' }

const longTermChoice: PresetChoice = {
  about: 'C4',
  text: {
    en: 'Long retention of critical production is told in two ways: production_critical keeps 6 months and 2 years, critical-production 12 months and 3 years.',
    fr: 'La rétention longue de la production critique est donnée de deux façons : production_critical garde 6 mois et 2 ans, critical-production 12 mois et 3 ans.',
  },
}
const standardChoice: PresetChoice = {
  about: 'C5',
  text: {
    en: 'Standard production is told to keep 3 months or 6: production_standard keeps 3, standard-production 6.',
    fr: 'La production standard garderait 3 mois ou 6 : production_standard en garde 3, standard-production 6.',
  },
}
const developmentChoice: PresetChoice = {
  about: 'C5',
  text: {
    en: 'Development is told to keep 3 days or 1 to 2, with a window of a day or none: development keeps 3 days with a window, light-development 2 days without.',
    fr: 'Le développement garderait 3 jours ou 1 à 2, avec une fenêtre d’un jour ou sans : development garde 3 jours avec fenêtre, light-development 2 jours sans.',
  },
}

/** S0.12 offers three in its console; S0.90 recommends one per environment. Times are those of S0.13: from 02:00 UTC. */
const rows: readonly Row[] = [
  {
    name: 'production_critical',
    title: { en: 'Critical production (console)', fr: 'Production critique (console)' },
    origin: 'S0.12',
    environment: 'critical',
    schedule: everySixHours,
    keep: '7d,4w,6m,2y',
    windowDays: 7,
    regions: 0,
    choices: [longTermChoice],
  },
  {
    name: 'production_standard',
    title: { en: 'Standard production (console)', fr: 'Production standard (console)' },
    origin: 'S0.12',
    environment: 'production',
    schedule: daily,
    keep: '7d,4w,3m',
    windowDays: 2,
    regions: 0,
    choices: [standardChoice],
  },
  {
    name: 'development',
    title: { en: 'Development (console)', fr: 'Développement (console)' },
    origin: 'S0.12',
    environment: 'development',
    schedule: daily,
    keep: '3d',
    windowDays: 1,
    regions: 0,
    choices: [developmentChoice],
  },
  {
    name: 'critical-production',
    title: { en: 'Critical production', fr: 'Production critique' },
    origin: 'S0.90',
    environment: 'critical',
    schedule: everySixHours,
    keep: '7d,4w,12m,3y',
    windowDays: 7,
    regions: 2,
    restoreTest: 'monthly',
    choices: [longTermChoice],
  },
  {
    name: 'standard-production',
    title: { en: 'Standard production', fr: 'Production standard' },
    origin: 'S0.90',
    environment: 'production',
    schedule: daily,
    keep: '7d,4w,6m',
    windowDays: 2,
    regions: 1,
    restoreTest: 'quarterly',
    choices: [standardChoice],
  },
  {
    name: 'staging-qa',
    title: { en: 'Staging and QA', fr: 'Préproduction et recette' },
    origin: 'S0.90',
    environment: 'staging',
    schedule: daily,
    keep: '3d',
    windowDays: 1,
    regions: 0,
    restoreTest: 'ad-hoc',
    choices: [],
  },
  {
    name: 'light-development',
    title: { en: 'Development, light', fr: 'Développement, léger' },
    origin: 'S0.90',
    environment: 'development',
    schedule: daily,
    keep: '2d',
    windowDays: 0,
    regions: 0,
    restoreTest: 'never',
    choices: [developmentChoice],
  },
]

export const consolePresets: readonly Preset[] = rows.map(presetOf)

function presetOf(row: Row): Preset {
  const copies = row.regions === 0 ? [] : [{ targetVault: '{copyVaults}' }]
  const defaultCopyVaults = Array.from({ length: row.regions }, (_, i) => `{vault}-copy-${i + 1}`).join(',')
  return {
    name: row.name,
    title: row.title,
    text: textOf(row),
    origin: [row.origin],
    choices: row.choices,
    parameters: [
      timeZoneParameter,
      vaultParameter('main'),
      ...(row.regions === 0 ? [] : [copyVaultsParameter(defaultCopyVaults, row.regions)]),
      sourcesParameter,
      environmentTagParameter,
      {
        name: 'environment',
        text: { en: 'Value of that tag', fr: 'Valeur de cette étiquette' },
        value: row.environment,
      },
    ],
    vaults: [
      { name: '{vault}', purpose: 'primary', encryption: 'default-key', storage: ['standard'] },
      ...(row.regions === 0
        ? []
        : [{ name: '{copyVaults}', purpose: 'copies', encryption: 'default-key', storage: ['standard'] } as const]),
    ],
    plans: [
      {
        document: {
          name: row.name,
          timeZone: '{timeZone}',
          rules: [
            {
              name: 'snapshots',
              schedule: row.schedule,
              targetVault: '{vault}',
              lifecycle: { keep: row.keep },
              windowDays: row.windowDays,
              copies,
            },
          ],
        },
        selections: [
          { name: 'by-environment', conditions: [{ key: '{environmentTag}', operator: 'StringEquals', value: '{environment}' }] },
        ],
      },
    ],
    restoreTests: row.restoreTest === undefined ? [] : [{ name: 'restore', text: restoreText, cadence: row.restoreTest }],
    notifications: [],
  }
}

function textOf({ schedule, windowDays, regions, keep }: Row): Text {
  const often = schedule === everySixHours
  const copies = regions > 0
  return {
    en: `${often ? 'Every 6 hours' : 'Every day'}, kept ${keep}; ${windowDays === 0 ? 'no restore to the second' : `to the second for ${windowDays} days`}${copies ? `; copies in ${regions} or more other regions` : ''}.`,
    fr: `${often ? 'Toutes les 6 heures' : 'Tous les jours'}, garde ${keep} ; ${windowDays === 0 ? 'pas de restauration à la seconde' : `à la seconde sur ${windowDays} jours`}${copies ? ` ; copies dans au moins ${regions} autres régions` : ''}.`,
  }
}
