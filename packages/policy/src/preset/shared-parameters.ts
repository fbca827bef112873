import type { PresetParameter } from './preset.ts'

/** Parameters that presets have in common. */

export const timeZoneParameter: PresetParameter = {
  name: 'timeZone',
  text: { en: 'Zone of the times of day', fr: 'Fuseau des heures indiquées' },
  value: 'UTC',
}

export const projectParameter: PresetParameter = {
  name: 'project',
  text: { en: 'Beginning of all names', fr: 'Début de tous les noms' },
  value: 'coffre',
}

/** Given, it takes the place of the preset's own selections. */
export const sourcesParameter: PresetParameter = {
  name: 'sources',
  text: {
    en: 'Sources to protect, by id, name or pattern, with commas between them; by their tags when empty',
    fr: 'Sources à protéger, par identifiant, nom ou motif, séparés par des virgules ; par leurs étiquettes si vide',
  },
  value: '',
  listMin: 0,
}

export const environmentTagParameter: PresetParameter = {
  name: 'environmentTag',
  text: { en: 'Tag that names the environment of a source', fr: 'Étiquette qui nomme l’environnement d’une source' },
  value: 'Environment',
}

export function vaultParameter(value: string): PresetParameter {
  return { name: 'vault', text: { en: 'Vault for the points', fr: 'Coffre des points' }, value }
}

export function copyVaultsParameter(value: string, listMin: number): PresetParameter {
  const text = { en: 'Vaults in other places for copies', fr: 'Coffres des copies, en d’autres lieux' }
  return { name: 'copyVaults', text, value, listMin }
}
