import type { Preset, PresetChoice } from './preset.ts'
import { copyVaultsParameter, projectParameter, sourcesParameter, timeZoneParameter, vaultParameter } from './shared-parameters.ts'

const daily = 'cron(0 2 * * ? *)'

const retentionChoice: PresetChoice = {
  about: 'C18',
  text: {
    en: 'Retention is a range here: 7 to 14 days for lab and dev, 35 to 90 for production. The presets take 14 and 35; retentionDays changes it.',
    fr: 'La rétention est ici un intervalle : 7 à 14 jours pour lab et dev, 35 à 90 en production. Les modèles prennent 14 et 35 ; retentionDays le change.',
  },
}

const retentionText = { en: 'Days that daily points are kept', fr: 'Jours de garde des points quotidiens' }

const lab: Preset = {
  name: 'serverless-lab',
  title: { en: 'Serverless: lab and dev', fr: 'Sans serveur : lab et dev' },
  text: {
    en: 'Every day, kept 14 days, for sources tagged backup:enabled and backup:tier lab or dev.',
    fr: 'Tous les jours, gardé 14 jours, pour les sources étiquetées backup:enabled et backup:tier lab ou dev.',
  },
  origin: ['S2.27', 'S2.30'],
  choices: [retentionChoice],
  parameters: [
    timeZoneParameter,
    projectParameter,
    vaultParameter('{project}-lab'),
    { name: 'retentionDays', text: retentionText, value: '14' },
    sourcesParameter,
  ],
  vaults: [
    { name: '{vault}', purpose: 'primary', encryption: 'dedicated-key', storage: ['standard'], shortRetention: '{retentionDays}d' },
  ],
  plans: [
    {
      document: {
        name: '{project}-lab',
        timeZone: '{timeZone}',
        rules: [{ name: 'daily', schedule: daily, targetVault: '{vault}', lifecycle: { deleteAfter: '{retentionDays}d' } }],
      },
      selections: ['lab', 'dev'].map(selectionOfTier),
    },
  ],
  restoreTests: [],
  notifications: [],
}

const production: Preset = {
  name: 'serverless-production',
  title: { en: 'Serverless: production', fr: 'Sans serveur : production' },
  text: {
    en: 'Every day, kept 35 days, with monthly and yearly archives, copied elsewhere, in a vault under compliance lock.',
    fr: 'Tous les jours, gardé 35 jours, avec archives mensuelles et annuelles, copié ailleurs, dans un coffre verrouillé en conformité.',
  },
  origin: ['S2.9', 'S2.12', 'S2.27', 'S2.28', 'S2.30', 'S2.34'],
  choices: [
    retentionChoice,
    {
      about: 'G11',
      text: {
        en: 'How long archives are kept is open: monthly ones a year, yearly ones 7 years.',
        fr: 'La durée des archives est ouverte : un an pour les mensuelles, 7 ans pour les annuelles.',
      },
    },
    {
      about: 'C14',
      text: { en: 'Restore tests are quarterly, as in this document.', fr: 'Les tests sont trimestriels, comme dans ce document.' },
    },
  ],
  parameters: [
    timeZoneParameter,
    projectParameter,
    vaultParameter('{project}-prod'),
    copyVaultsParameter('{project}-prod-copies', 1),
    { name: 'retentionDays', text: retentionText, value: '35' },
    sourcesParameter,
  ],
  vaults: [
    {
      name: '{vault}',
      purpose: 'primary',
      encryption: 'multi-region-key',
      storage: ['standard'],
      shortRetention: '{retentionDays}d',
      longRetention: '7y',
      lock: 'compliance',
    },
    { name: '{copyVaults}', purpose: 'copies', encryption: 'multi-region-key', storage: ['standard'], lock: 'compliance' },
  ],
  plans: [
    {
      document: {
        name: '{project}-prod',
        timeZone: '{timeZone}',
        rules: [
          rule('daily', daily, '{retentionDays}d'),
          rule('monthly-archive', 'cron(0 2 1 * ? *)', '1y'),
          rule('yearly-archive', 'cron(0 2 1 1 ? *)', '7y'),
        ],
      },
      selections: [selectionOfTier('prod')],
    },
  ],
  restoreTests: [
    {
      name: 'game-day',
      text: { en: 'Game day: restore with measured RTO and RPO', fr: 'Exercice : restauration avec RTO et RPO mesurés' },
      cadence: 'quarterly',
    },
  ],
  notifications: [],
}

export const serverlessPresets: readonly Preset[] = [lab, production]

function rule(name: string, schedule: string, deleteAfter: string): Readonly<Record<string, unknown>> {
  return { name, schedule, targetVault: '{vault}', lifecycle: { deleteAfter }, copies: [{ targetVault: '{copyVaults}' }] }
}

function selectionOfTier(tier: string): Readonly<Record<string, unknown>> {
  const conditions = [
    { key: 'backup:enabled', operator: 'StringEquals', value: 'true' },
    { key: 'backup:tier', operator: 'StringEquals', value: tier },
  ]
  return { name: `tier-${tier}`, conditions }
}
