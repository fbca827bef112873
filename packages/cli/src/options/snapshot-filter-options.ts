import { parseTagList, type SnapshotFilter } from '@coffre/repository'
import { absolutePath } from '../session/absolute-path.ts'
import { type Surroundings, variable } from '../surroundings.ts'
import { texts, type Values, values } from './option.ts'

/** Which snapshots a command is about. */
export const snapshotFilterOptions = {
  host: texts('host', 'host', { short: 'H' }),
  tag: values('tag', 'tag[,tag…]', parseTagList),
  path: texts('path', 'path'),
} as const

/** The same where -H means something else. */
export const snapshotFilterOptionsWithoutLetter = { ...snapshotFilterOptions, host: texts('host', 'host') } as const

export function snapshotFilterOf(options: Values<typeof snapshotFilterOptions>, surroundings: Surroundings): SnapshotFilter {
  const host = variable(surroundings.environment, 'COFFRE_HOST', 'RESTIC_HOST')
  const hosts = options.host.length > 0 ? options.host : host === undefined ? [] : [host]
  return { hosts, tags: options.tag, paths: options.path.map((path) => absolutePath(path, surroundings.workingFolder)) }
}
