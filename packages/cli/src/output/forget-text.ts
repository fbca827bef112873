import type { ForgetGroup, StoredSnapshot } from '@coffre/repository'
import type { Call } from '../command.ts'
import { goJson } from './go-json.ts'
import { groupHeading } from './group-text.ts'
import { snapshotJson, snapshotTable } from './snapshot-text.ts'

/** What a policy keeps and removes, group by group. */
export function printForgetGroups(
  groups: readonly ForgetGroup[],
  compact: boolean,
  { output, texts }: Pick<Call, 'output' | 'texts'>,
): void {
  if (output.json) {
    output.printJsonText(`[${groups.map(groupJson).join()}]`)
    return
  }
  for (const { key, keep, remove, reasons } of groups) {
    for (const line of groupHeading(key, texts)) output.note(line, 2)
    if (keep.length > 0) {
      const why = new Map(reasons.map(({ snapshot, matches }) => [snapshot.id, matches]))
      output.summarize(texts.say('forget.keep', { count: keep.length }))
      for (const line of snapshotTable(keep.toReversed(), { compact, reasons: why }, texts)) output.summarize(line)
      output.summarize('')
    }
    if (remove.length > 0) {
      output.summarize(texts.say('forget.remove', { count: remove.length }))
      for (const line of snapshotTable(remove.toReversed(), { compact }, texts)) output.summarize(line)
      output.summarize('')
    }
  }
}

/** As restic prints it: null for what is empty. */
function groupJson({ key, keep, remove, reasons }: ForgetGroup): string {
  const list = (snapshots: readonly StoredSnapshot[]): string =>
    snapshots.length === 0 ? 'null' : `[${snapshots.map(snapshotJson).join()}]`
  const why = reasons.map(({ snapshot, matches }) => `{"snapshot":${snapshotJson(snapshot)},"matches":${goJson(matches)}}`)
  const start = goJson({ tags: key.tags, host: key.hostname, paths: key.paths }).slice(0, -1)
  return `${start},"keep":${list(keep)},"remove":${list(remove)},"reasons":${why.length === 0 ? 'null' : `[${why.join()}]`}}`
}
