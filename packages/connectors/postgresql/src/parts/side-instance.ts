import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RestoreRequest, StoredPoint } from '@coffre/connector'
import { CoffreError, type Context, isCoffreError } from '@coffre/foundation'
import { readBaseDetails } from '../base/base-details.ts'
import type { ServerLogin } from '../programs/client-program.ts'
import { checkDataFolder, freeBytesAt } from '../restore/data-folder.ts'
import { type EngineAccount, findEngineAccount, giveTo } from '../restore/engine-account.ts'
import { type EngineBinaries, findEngineBinaries } from '../restore/engine-binaries.ts'
import { runEngineProgram } from '../restore/engine-program.ts'
import { recoverCluster } from '../restore/recover-cluster.ts'
import { neededBytes, recoveryTarget } from '../restore/recovery-target.ts'
import { socketFolderBytesMax, startEngine, stopEngine } from '../restore/start-engine.ts'
import type { PostgresqlSettings } from '../settings.ts'
import { type LocalServer, onDatabase } from '../verify/local-session.ts'
import { findScratchPlace, makeScratchFolder } from './scratch-folder.ts'

/** Nobody listens there: it is only part of the socket's name. */
const port = 5432

/**
 * The cluster as it stood at the target, in a server of our own that takes changes: reached by a socket alone, thrown away when it is
 * disposed of, and by the next one's maker where this process is killed before.
 */
export class SideInstance implements AsyncDisposable {
  readonly server: LocalServer
  /** What is to be known of how it came to be. */
  readonly notes: readonly string[]
  readonly #place: SidePlace

  private constructor(place: SidePlace, server: LocalServer, notes: readonly string[]) {
    this.#place = place
    this.server = server
    this.notes = notes
  }

  /** Looks whether there is room and what it takes, and recovers the cluster to the request's target. */
  static async recover(
    point: StoredPoint,
    { replay, onPhase, onProgress }: Pick<RestoreRequest, 'replay' | 'onPhase' | 'onProgress'>,
    settings: PostgresqlSettings,
    context: Context,
    signal: AbortSignal,
  ): Promise<SideInstance> {
    const base = readBaseDetails(point.manifest)
    const target = recoveryTarget(base, replay)
    const binaries = await findEngineBinaries(base.major, settings, signal)
    const account = await findEngineAccount(settings.engineAccount)
    const place = await makePlace(settings.scratchFolder, binaries, account, context.clock.nowMs())
    try {
      const { folder, socketFolder } = place
      await checkRoom(folder, neededBytes(point.manifest, base, replay))
      const user = base.owner ?? 'postgres'
      const start = { folder, binaries, account, port, asProduction: false, owner: user, asideIn: socketFolder }
      const server = {
        start: (both: AbortSignal) => startEngine(start, context.clock, both),
        stop: () => stopEngine(folder, binaries, account),
      }
      const plan = { base, folder, mappings: [], replay: target.kind === 'base' ? undefined : replay, target, account }
      await recoverCluster(point, plan, server, { onProgress, ...(onPhase === undefined ? {} : { onPhase }) }, context, signal)
      const side = { socketFolder, port, user }
      return new SideInstance(place, side, await endPrepared(side, signal))
    } catch (error) {
      await removePlace(place)
      throw error
    }
  }

  /** A cluster of our own in which there is nothing yet. */
  static async empty(
    binaries: EngineBinaries,
    settings: PostgresqlSettings,
    context: Context,
    signal: AbortSignal,
  ): Promise<SideInstance> {
    const account = await findEngineAccount(settings.engineAccount)
    const place = await makePlace(settings.scratchFolder, binaries, account, context.clock.nowMs())
    try {
      const { folder, socketFolder } = place
      const user = 'postgres'
      const args = ['--pgdata', folder, `--username=${user}`, '--auth=reject', '--encoding=UTF8', '--locale=C', '--no-sync']
      const { exitCode, stderr } = await runEngineProgram(binaries, 'initdb', args, account, signal)
      if (exitCode !== 0) {
        throw new CoffreError('engine.failed', `initdb ended with ${exitCode}; it said last: ${stderr.trim().split('\n').at(-1)}`, {
          hint: 'The target was not touched. A server is started aside, out of which the tables are taken.',
        })
      }
      await startEngine(
        { folder, binaries, account, port, asProduction: false, owner: user, asideIn: socketFolder },
        context.clock,
        signal,
      )
      return new SideInstance(place, { socketFolder, port, user }, [])
    } catch (error) {
      await removePlace(place)
      throw error
    }
  }

  /** How PostgreSQL's programs sign in to it. */
  get login(): ServerLogin {
    const { socketFolder, user } = this.server
    return { host: socketFolder, port, user, tls: 'disable' }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await removePlace(this.#place)
  }
}

interface SidePlace {
  readonly scratch: string
  readonly folder: string
  readonly socketFolder: string
  readonly binaries: EngineBinaries
  readonly account: EngineAccount | undefined
}

async function makePlace(
  wanted: string | undefined,
  binaries: EngineBinaries,
  account: EngineAccount | undefined,
  nowMs: number,
): Promise<SidePlace> {
  const scratch = await makeScratchFolder(wanted, account, nowMs)
  const isShort = Buffer.byteLength(scratch) <= socketFolderBytesMax - 'socket/'.length
  const socketFolder = isShort ? join(scratch, 'socket') : await mkdtemp(join(tmpdir(), 'coffre-socket-'))
  const folder = join(scratch, 'data')
  for (const path of [folder, socketFolder]) await mkdir(path, { recursive: true, mode: 0o700 })
  await giveTo(account, folder, socketFolder)
  if (account !== undefined) await chmod(scratch, 0o711)
  return { scratch, folder, socketFolder, binaries, account }
}

/** Where the cluster would be recovered aside, and the room that there is, found without making anything. */
export async function findRoomAside(
  settings: PostgresqlSettings,
  account: EngineAccount | undefined,
): Promise<{ readonly folder: string; readonly place: string; readonly freeBytes: number }> {
  const folder = await findScratchPlace(settings.scratchFolder, account)
  return { folder, place: join(folder, 'coffre-side'), freeBytes: await freeBytesAt(folder) }
}

/** What is missing is told with the place that can be changed. */
export async function checkRoom(folder: string, bytes: number): Promise<void> {
  try {
    await checkDataFolder(folder, bytes, false)
  } catch (error) {
    if (!isCoffreError(error, 'storage.no-space')) throw error
    throw new CoffreError('storage.no-space', error.message, {
      cause: error,
      hint: 'The target was not touched. The whole cluster is recovered aside: name a folder with more room in COFFRE_SCRATCH.',
    })
  }
}

/** However far it came: what cannot be removed now is by the next one. */
async function removePlace({ scratch, folder, socketFolder, binaries, account }: SidePlace): Promise<void> {
  await stopEngine(folder, binaries, account)
  for (const path of [scratch, socketFolder]) await rm(path, { recursive: true, force: true })
}

/** Transactions that were prepared then have locks on what is taken out here. They were not committed: nothing of them is seen. */
async function endPrepared(server: LocalServer, signal: AbortSignal): Promise<readonly string[]> {
  const prepared = await onDatabase(server, 'template1', signal, (query) => query('select gid, database from pg_prepared_xacts'))
  for (const { gid, database } of prepared) {
    await onDatabase(server, String(database), signal, async (query) => {
      const [row] = await query('select quote_literal($1::text) as gid', [gid])
      await query(`rollback prepared ${row?.['gid']}`)
    })
  }
  return prepared.map(
    ({ gid, database }) => `Transaction ${gid} of ${database} was prepared and not committed then: nothing of it was taken over.`,
  )
}
