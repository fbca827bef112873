import type { PointManifest } from '@coffre/connector'
import { CoffreError, isCoffreError } from '@coffre/foundation'
import { parsePostgresqlConfig, parsePostgresqlSecrets } from '../config.ts'
import type { PartsWish } from '../parts/parts-wish.ts'
import { partsWishOf } from '../parts/parts-wish.ts'
import { checkEarly, type IntoServer } from '../parts/prepare-parts.ts'
import { checkExtensions } from '../parts/restore-databases.ts'
import { TargetServer } from '../parts/target-server.ts'
import { type ClientPrograms, findClientPrograms } from '../programs/find-client-programs.ts'
import { type EngineBinaries, findEngineBinaries } from '../restore/engine-binaries.ts'
import type { MakeCheck } from '../restore/obstacles.ts'
import { parseRestoreOptions } from '../restore/restore-options.ts'
import type { PostgresqlSettings } from '../settings.ts'
import { type ChosenDumps, chooseDumps } from './choose-dumps.ts'
import { type DumpedDatabase, readLogicalDetails } from './logical-details.ts'

/** An engine that takes the dump, and gives no more than the target can take. */
export interface SideEngine {
  readonly binaries: EngineBinaries
  readonly programs: ClientPrograms
}

/** What is known before anything was changed; undefined where the check for it failed, and where it is not needed. */
export interface PreparedLogical {
  readonly wish: PartsWish
  /** The database that the target's address names. */
  readonly into: string
  readonly target: TargetServer | undefined
  readonly programs: ClientPrograms | undefined
  /** Of whole databases. */
  readonly chosen: ChosenDumps | undefined
  /** Of parts of one: where they are taken from, and by what. */
  readonly database: DumpedDatabase | undefined
  readonly side: SideEngine | undefined
}

/** Looks at what dumps are restored with, and at the server that they go to. */
export async function prepareLogical(
  manifest: PointManifest,
  request: IntoServer,
  settings: PostgresqlSettings,
  check: MakeCheck,
  signal: AbortSignal,
): Promise<PreparedLogical> {
  const { config, secrets } = request.target
  const access = { config: parsePostgresqlConfig(config), secrets: parsePostgresqlSecrets(secrets) }
  const { major, dumpMajor, databases } = readLogicalDetails(manifest)
  const into = access.config.database
  const wish = partsWishOf(request, parseRestoreOptions(request.options), into)
  const database = wish.kind === 'databases' ? undefined : databaseOf(wish.database, databases)
  const target = await check(() => TargetServer.open(access, signal))
  const targetMajor = target?.major ?? dumpMajor
  if (target !== undefined) await check(() => target.refuseOlder(major))
  const programs = await check(() => findProgramsFor(targetMajor, dumpMajor, settings, signal))
  const known = { wish, into, target, programs, database }
  if (wish.kind === 'databases') {
    const chosen = target && (await check(() => chooseDumps(target, databases, wish.names)))
    if (target !== undefined && chosen !== undefined) await check(() => checkExtensions(target, chosen.databases))
    return { ...known, chosen, side: undefined }
  }
  if (target !== undefined) await check(() => checkEarly(target, into, wish))
  return { ...known, chosen: undefined, side: await check(() => findSide(dumpMajor, targetMajor, settings, signal)) }
}

function databaseOf(name: string, databases: readonly DumpedDatabase[]): DumpedDatabase {
  const found = databases.find((database) => database.name === name)
  if (found !== undefined) return found
  throw new CoffreError('usage.invalid', `the point has no database ${name}`, {
    hint: `Nothing was changed. Say with --database where the tables come from: ${databases.map((one) => one.name).join(', ')}.`,
  })
}

/** Of the target's version if possible: what newer programs say is not understood by older servers. */
async function findProgramsFor(
  targetMajor: number,
  dumpMajor: number,
  settings: PostgresqlSettings,
  signal: AbortSignal,
): Promise<ClientPrograms> {
  try {
    return await findClientPrograms(Math.max(dumpMajor, targetMajor), settings, signal)
  } catch (error) {
    if (!isCoffreError(error, 'engine.missing')) throw error
    return await findClientPrograms(dumpMajor, settings, signal)
  }
}

async function findSide(
  dumpMajor: number,
  targetMajor: number,
  settings: PostgresqlSettings,
  signal: AbortSignal,
): Promise<SideEngine> {
  let lacking: unknown
  for (let major = dumpMajor; major <= Math.max(dumpMajor, targetMajor); major++) {
    try {
      const binaries = await findEngineBinaries(major, settings, signal)
      return { binaries, programs: await findClientPrograms(major, settings, signal) }
    } catch (error) {
      if (!isCoffreError(error, 'engine.missing')) throw error
      lacking ??= error
    }
  }
  throw lacking
}
