import type { DocumentReader } from '../document/document-reader.ts'
import { regionLabel } from '../selection/region-label.ts'
import { type AtlasFrequency, atlasFrequencies } from './atlas-schedule.ts'
import type { CopyAction } from './plan.ts'

export interface CopySetting {
  readonly frequencies: readonly AtlasFrequency[]
  readonly copy: Omit<CopyAction, 'lifecycle'>
}

/** Reads `copySettings`: a copy in another region of the points of some frequencies, of all when none are named. */
export function readCopySettings(policy: DocumentReader, copyVault: (region: string) => string): readonly CopySetting[] {
  return policy.objects('copySettings').map((reader) => {
    const region = regionLabel(reader.requiredText('regionName') ?? 'region')
    const copiesLog = reader.flag('shouldCopyOplogs')
    const frequencies = reader.has('frequencies') ? readFrequencies(reader) : atlasFrequencies
    reader.ignores('copyPolicyItems', 'lastNumberOfSnapshots')
    // Which cloud and which shard a copy belongs to follows from its vault and its source.
    reader.knows('cloudProvider', 'replicationSpecId', 'zoneId')
    reader.finish()
    return { frequencies, copy: { targetVault: copyVault(region), region, ...(copiesLog === undefined ? {} : { copiesLog }) } }
  })
}

function readFrequencies(reader: DocumentReader): readonly AtlasFrequency[] {
  return reader.texts('frequencies').flatMap((text) => {
    const frequency = atlasFrequencies.find((candidate) => candidate === text.toLowerCase())
    if (frequency !== undefined) return frequency
    if (text.toUpperCase() === 'ON_DEMAND') {
      reader.warn('frequencies', 'ON_DEMAND has no effect here: a plan makes no points on demand')
    } else {
      reader.error('frequencies', `"${text}" is none of ${atlasFrequencies.join(', ').toUpperCase()}`)
    }
    return []
  })
}
