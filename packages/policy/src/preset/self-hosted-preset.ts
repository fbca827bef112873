import type { Preset } from './preset.ts'
import { copyVaultsParameter, projectParameter, sourcesParameter, timeZoneParameter, vaultParameter } from './shared-parameters.ts'

/** The types of S4.2, by which the restore tool of S4.13 finds them; the last is run before a release. */
const types = [
  { type: 'daily', schedule: 'cron(0 2 * * ? *)', deleteAfter: '7d' },
  { type: 'weekly', schedule: 'cron(0 2 ? * SUN *)', deleteAfter: '4w' },
  { type: 'monthly', schedule: 'cron(0 2 1 * ? *)', deleteAfter: '12m' },
  { type: 'pre-deployment', deleteAfter: '30d' },
]

export const selfHostedPreset: Preset = {
  name: 'self-hosted',
  title: { en: 'Self-hosted application', fr: 'Application auto-hébergée' },
  text: {
    en: 'Every day at 02:00 for 7 days, on Sunday for 4 weeks, on the 1st for 12 months, and before each release for 30 days; a copy off site.',
    fr: 'Tous les jours à 2 h pour 7 jours, le dimanche pour 4 semaines, le 1er pour 12 mois, et avant chaque livraison pour 30 jours ; une copie hors site.',
  },
  origin: ['S4.1', 'S4.2', 'S4.12'],
  choices: [
    {
      about: 'G4',
      text: {
        en: 'Only the daily time is stated, without a zone: weekly and monthly points are made at 02:00 too, in UTC unless set.',
        fr: 'Seule l’heure quotidienne est donnée, sans fuseau : les points hebdomadaires et mensuels se font aussi à 2 h, en UTC sauf réglage.',
      },
    },
    {
      about: 'C14',
      text: {
        en: 'Restore tests are monthly, with a full simulation every year; weekly is advised elsewhere in the document.',
        fr: 'Tests de restauration mensuels, simulation complète chaque année ; le document conseille ailleurs l’hebdomadaire.',
      },
    },
    {
      about: 'G13',
      text: {
        en: 'Points made before a release have the type pre-deployment.',
        fr: 'Les points faits avant une livraison ont le type pre-deployment.',
      },
    },
  ],
  parameters: [
    timeZoneParameter,
    projectParameter,
    vaultParameter('main'),
    copyVaultsParameter('{vault}-remote', 1),
    sourcesParameter,
  ],
  vaults: [
    {
      name: '{vault}',
      purpose: 'primary',
      encryption: 'default-key',
      storage: ['standard'],
      shortRetention: '7d',
      longRetention: '12m',
    },
    { name: '{copyVaults}', purpose: 'copies', encryption: 'default-key', storage: ['standard'] },
  ],
  plans: [
    {
      document: {
        name: '{project}',
        timeZone: '{timeZone}',
        rules: types.map(({ type, schedule, deleteAfter }) => ({
          name: type,
          ...(schedule === undefined ? {} : { schedule }),
          targetVault: '{vault}',
          lifecycle: { deleteAfter },
          copies: [{ targetVault: '{copyVaults}' }],
          pointTags: { type },
        })),
      },
      selections: [{ name: 'everything', sources: ['*'] }],
    },
  ],
  restoreTests: [
    { name: 'restore', text: { en: 'Restore of every component', fr: 'Restauration de chaque composant' }, cadence: 'monthly' },
    {
      name: 'simulation',
      text: { en: 'Full simulation of a disaster', fr: 'Simulation complète d’un sinistre' },
      cadence: 'yearly',
    },
  ],
  notifications: [],
}
