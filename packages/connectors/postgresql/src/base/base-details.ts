import type { PointManifest } from '@coffre/connector'
import { CoffreError } from '@coffre/foundation'
import { parseLsn, walPlace } from '../wal/lsn.ts'
import { recordBoundary } from '../wal/record-boundary.ts'
import { type WalMajor, walMajorOfVersion } from '../wal/wal-format.ts'

/** A file of settings that lay outside the data directory. */
export interface OutsideFile {
  readonly setting: string
  readonly path: string
  readonly content: string | null
}

/** What the manifest of a base says beyond what all manifests say. */
export interface BaseDetails {
  readonly major: WalMajor
  readonly systemId: string
  readonly segmentBytes: number
  readonly hasChecksums: boolean
  /** Where the log begins that the base needs, and from where on it stands on its own. */
  readonly begin: { readonly timeline: number; readonly lsn: number }
  readonly end: { readonly timeline: number; readonly lsn: number }
  readonly tablespaces: readonly { readonly oid: string; readonly location: string }[]
  readonly databases: readonly string[]
  readonly outside: readonly OutsideFile[]
  /** The role that owns the cluster; undefined where the base does not say. */
  readonly owner: string | undefined
}

/** Reads the manifest of a base. `target.failed` when it is not one that this version wrote. */
export function readBaseDetails({ engine, layout, details, begin, end }: PointManifest): BaseDetails {
  const major = walMajorOfVersion(Number(details['major']))
  const segmentBytes = Number(details['segmentBytes'])
  if (engine !== 'postgresql' || layout !== 1 || major === undefined || end === undefined) {
    throw new CoffreError(
      'target.failed',
      `the point is of ${engine}, layout ${layout}, which is not a base that this version knows`,
      {
        hint: 'A newer Coffre may have made it: bring this one up to date.',
      },
    )
  }
  const place = walPlace(end)
  const databases = details['databases'] as readonly { readonly name: string }[]
  return {
    major,
    systemId: String(details['systemId']),
    segmentBytes,
    hasChecksums: details['hasChecksums'] === true,
    begin: begin === undefined ? { timeline: place.timeline, lsn: parseLsn(String(details['startLsn'])) } : walPlace(begin),
    end: { timeline: place.timeline, lsn: recordBoundary(place.lsn, segmentBytes) },
    tablespaces: details['tablespaces'] as BaseDetails['tablespaces'],
    databases: databases.map(({ name }) => name),
    outside: details['outside'] as readonly OutsideFile[],
    owner: typeof details['owner'] === 'string' ? details['owner'] : undefined,
  }
}
