import type { SnapshotGroupKey } from '@coffre/repository'
import type { Texts } from '../messages/texts.ts'
import { goJson } from './go-json.ts'

/** The line above the snapshots of a group; none where nothing is in common. */
export function groupHeading({ hostname, paths, tags }: SnapshotGroupKey, texts: Texts): string[] {
  const parts: string[] = []
  if (hostname !== '') parts.push(`${texts.say('group.host')} [${hostname}]`)
  if (tags !== null) parts.push(`${texts.say('group.tags')} [${tags.join(', ')}]`)
  if (paths !== null) parts.push(`${texts.say('group.paths')} [${paths.join(', ')}]`)
  return parts.length === 0 ? [] : [texts.say('group.heading', { parts: parts.join(', ') })]
}

export function groupKeyJson({ hostname, paths, tags }: SnapshotGroupKey): string {
  return goJson({ hostname, paths, tags })
}
