import type { ChangeBatch, LogEvent, LogMapOptions, LogMinute, PointManifest } from '@coffre/connector'
import { CoffreError, minuteMs, throwIfAborted } from '@coffre/foundation'
import { readBaseDetails } from './base/base-details.ts'
import type { DatabaseNames } from './base/relation-names.ts'
import type { RelationNames } from './wal/log-events.ts'
import { LogMap } from './wal/log-map.ts'
import { walPlace, walPosition } from './wal/lsn.ts'
import { WalWalker } from './wal/wal-walker.ts'

/** Stamps may be that much out of order: reading goes on for so long behind the last minute that is wanted. */
const slackUs = minuteMs * 1000

/** What the log did, minute by minute. Names are those of the base; what was made since is told by number. */
export async function mapPostgresqlLog(
  log: AsyncIterable<ChangeBatch>,
  { sinceUs, untilUs, massMin }: LogMapOptions,
  manifest: PointManifest,
  signal: AbortSignal,
): Promise<readonly LogMinute[]> {
  const { major, segmentBytes, systemId } = readBaseDetails(manifest)
  let isPast = false
  const map = new LogMap({
    major,
    names: namesOf(manifest.details['names'] as readonly DatabaseNames[] | undefined),
    massRowsMin: massMin,
    onEnd: ({ timeUs }) => {
      isPast ||= timeUs > untilUs + slackUs
    },
  })
  let walker: WalWalker | undefined
  let timeline = 0
  for await (const { after, bytes } of log) {
    throwIfAborted(signal)
    const place = walPlace(after)
    const { lsn } = place
    timeline = place.timeline
    walker ??= new WalWalker({
      start: lsn,
      major,
      segmentBytes,
      systemId,
      checksums: false,
      atInvalid: 'fail',
      wanted: LogMap.wanted,
      onRecord: (record) => map.add(record),
    })
    const known = walker.position - lsn
    if (known < 0) throw new CoffreError('journal.gap', `log is missing before ${after.offset} on branch ${after.branch}`)
    walker.push(bytes.subarray(known))
    if (isPast) break
  }
  const isWanted = ({ startUs }: { readonly startUs: number }): boolean => startUs <= untilUs && startUs + minuteMs * 1000 > sinceUs
  return map
    .minutes()
    .filter(isWanted)
    .map(({ events, ...minute }) => ({
      ...minute,
      events: events.map(
        ({ kind, relations, relationsOmitted, rows, timeUs, start, isExact }): LogEvent => ({
          kind,
          objects: relations,
          objectsOmitted: relationsOmitted,
          count: rows,
          us: timeUs,
          justBefore: walPosition(timeline, start),
          isExact,
        }),
      ),
    }))
}

function namesOf(databases: readonly DatabaseNames[] = []): RelationNames {
  const byFile = new Map<string, string>()
  const byOid = new Map<string, string>()
  const byDatabase = new Map<number, string>()
  for (const { oid: database, name, relations } of databases) {
    byDatabase.set(database, name)
    for (const [oid, file, relation] of relations) {
      byFile.set(`${database}/${file}`, `${name}.${relation}`)
      byOid.set(`${database}/${oid}`, `${name}.${relation}`)
    }
  }
  return {
    ofFile: ({ database, file }) => byFile.get(`${database}/${file}`),
    ofRelation: (database, oid) => byOid.get(`${database}/${oid}`),
    ofDatabase: (oid) => byDatabase.get(oid),
  }
}
