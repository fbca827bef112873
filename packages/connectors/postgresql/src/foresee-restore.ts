import type { ForeseenEngine, ForeseenRequest, PointManifest, RestoreForesight } from '@coffre/connector'
import { throwIfAborted } from '@coffre/foundation'
import { readBaseDetails } from './base/base-details.ts'
import { isLogical, readLogicalDetails } from './logical/logical-details.ts'
import { prepareLogical } from './logical/prepare-logical.ts'
import { checkDumpsFolder } from './logical/restore-logical.ts'
import { type IntoServer, prepareParts } from './parts/prepare-parts.ts'
import { checkRoom, findRoomAside } from './parts/side-instance.ts'
import { findEngineAccount } from './restore/engine-account.ts'
import type { EngineBinaries } from './restore/engine-binaries.ts'
import { Obstacles } from './restore/obstacles.ts'
import { planRestore } from './restore/plan-restore.ts'
import { neededBytes, recoveryTarget } from './restore/recovery-target.ts'
import type { PostgresqlSettings } from './settings.ts'

/** Makes the checks of a restore, all of them, and changes nothing. */
export async function foreseeRestore(
  manifest: PointManifest,
  request: ForeseenRequest,
  settings: PostgresqlSettings,
  signal: AbortSignal,
): Promise<RestoreForesight> {
  const obstacles = new Obstacles()
  const engine = await engineOf(manifest, request, settings, obstacles, signal)
  throwIfAborted(signal)
  return { obstacles: obstacles.found, ...(engine === undefined ? {} : { engine }) }
}

function engineOf(
  manifest: PointManifest,
  request: ForeseenRequest,
  settings: PostgresqlSettings,
  obstacles: Obstacles,
  signal: AbortSignal,
): Promise<ForeseenEngine | undefined> {
  const { target } = request
  if (target.kind === 'folder') return foreseeFolder(manifest, { ...request, target }, settings, obstacles, signal)
  const into = { ...request, target }
  return isLogical(manifest)
    ? foreseeDumps(manifest, into, settings, obstacles, signal)
    : foreseeParts(manifest, into, settings, obstacles, signal)
}

async function foreseeFolder(
  manifest: PointManifest,
  request: ForeseenRequest & { readonly target: { readonly kind: 'folder' } },
  settings: PostgresqlSettings,
  { note }: Obstacles,
  signal: AbortSignal,
): Promise<ForeseenEngine | undefined> {
  if (isLogical(manifest)) {
    await checkDumpsFolder(manifest, request, note)
    return undefined
  }
  const { base, options, binaries } = await planRestore(manifest, request, settings, note, signal)
  return options.start === undefined ? undefined : engineNamed(base.major, binaries)
}

async function foreseeParts(
  manifest: PointManifest,
  request: IntoServer,
  settings: PostgresqlSettings,
  obstacles: Obstacles,
  signal: AbortSignal,
): Promise<ForeseenEngine> {
  const base = readBaseDetails(manifest)
  recoveryTarget(base, request.replay)
  const { binaries } = await prepareParts(manifest, request, settings, obstacles.note, signal)
  const aside = await foreseeRoom(settings, neededBytes(manifest, base, request.replay), obstacles)
  return { ...engineNamed(base.major, binaries), ...(aside === undefined ? {} : { aside }) }
}

/** Whole databases go from the dump straight into the target; parts of one by way of a server, whose room nobody can tell. */
async function foreseeDumps(
  manifest: PointManifest,
  request: IntoServer,
  settings: PostgresqlSettings,
  { note }: Obstacles,
  signal: AbortSignal,
): Promise<ForeseenEngine | undefined> {
  const { wish, side } = await prepareLogical(manifest, request, settings, note, signal)
  if (wish.kind === 'databases') return undefined
  await note(() => findEngineAccount(settings.engineAccount))
  return engineNamed(side?.programs.major ?? readLogicalDetails(manifest).dumpMajor, side?.binaries)
}

async function foreseeRoom(
  settings: PostgresqlSettings,
  bytes: number,
  { note }: Obstacles,
): Promise<ForeseenEngine['aside'] | undefined> {
  const account = await note(() => findEngineAccount(settings.engineAccount))
  const room = await note(() => findRoomAside(settings, account))
  if (room === undefined) return undefined
  await note(() => checkRoom(room.place, bytes))
  return { folder: room.folder, neededBytes: bytes, freeBytes: room.freeBytes }
}

function engineNamed(major: number, binaries: EngineBinaries | undefined): ForeseenEngine {
  return { name: `PostgreSQL ${major}`, ...(binaries === undefined ? {} : { version: binaries.version }) }
}
