import type { PointManifest } from '@coffre/connector'
import { CoffreError } from '@coffre/foundation'

/** Version of what a point of dumps looks like; bases have 1. */
export const logicalLayout = 2

export const globalsFile = 'globals.sql'
export const dumpsFolder = 'databases'

/** What it takes to make a database again: PostgreSQL dumps it apart from what is in it. */
export interface DatabaseShape {
  readonly owner: string
  readonly encoding: string
  /** libc, icu or builtin. */
  readonly provider: string
  readonly collate: string
  readonly ctype: string
  /** Of icu and builtin. */
  readonly locale: string | null
  /** Settings of everybody in it. */
  readonly settings: readonly { readonly name: string; readonly value: string }[]
  /** Null: those of every new database. */
  readonly privileges: readonly DatabasePrivilege[] | null
}

export interface DatabasePrivilege {
  /** Null for everybody. */
  readonly role: string | null
  readonly privilege: string
  readonly isGrantable: boolean
}

/** What a file has to hold to be the one that was dumped. */
export interface Digest {
  readonly sizeBytes: number
  readonly sha256: string
}

/** One database as it was dumped. */
export interface DumpedDatabase extends DatabaseShape, Digest {
  readonly name: string
  /** Its path in the point. */
  readonly file: string
  /** The instant that the dump shows, by the server's clock: each database has its own. */
  readonly at: string
  /** Tables that people made, in whichever schema. */
  readonly tables: number
  readonly extensions: readonly string[]
}

/** How many tables people made in a database, in whichever schema; those of extensions come with their extension. */
export const countTablesSql = `(select count(*)::int from pg_class where relkind in ('r', 'p') and relpersistence <> 't' and oid >= 16384
  and not exists (select from pg_depend where classid = 'pg_class'::regclass and objid = pg_class.oid and deptype = 'e'))`

/** What a restore found in a database when it had loaded it. */
export interface LoadedDatabase {
  readonly name: string
  readonly tables: number
}

/** What the manifest of a point of dumps says beyond what all manifests say. */
export interface LogicalDetails {
  readonly mode: 'logical'
  /** Of the server. */
  readonly major: number
  /** Of the pg_dump that was used: older pg_restore cannot read what it wrote. */
  readonly dumpMajor: number
  readonly takenFrom: { readonly server: string; readonly isStandby: boolean }
  /** False: the role could not read them, and roles are restored without. */
  readonly hasRolePasswords: boolean
  readonly globals: Digest
  readonly databases: readonly DumpedDatabase[]
}

/** Whether a point is of dumps; otherwise it is a base. */
export function isLogical({ details }: PointManifest): boolean {
  return details['mode'] === 'logical'
}

/** Reads the manifest of a point of dumps. `target.failed` when it is not one that this version wrote. */
export function readLogicalDetails({ engine, layout, details }: PointManifest): LogicalDetails {
  if (engine === 'postgresql' && layout === logicalLayout && details['mode'] === 'logical')
    return details as unknown as LogicalDetails
  throw new CoffreError(
    'target.failed',
    `the point is of ${engine}, layout ${layout}, which is not one of dumps that this version knows`,
    {
      hint: 'A newer Coffre may have made it: bring this one up to date.',
    },
  )
}

/** A path for the dump of a database, whose name may have any letters: those that file names may lack are written as %XX. */
export function dumpPath(database: string): string {
  const name = database.replaceAll(/[^A-Za-z0-9_.-]|^\./gu, (letter) =>
    [...Buffer.from(letter)].map((byte) => `%${byte.toString(16).padStart(2, '0').toUpperCase()}`).join(''),
  )
  return `${dumpsFolder}/${name}.dump`
}
