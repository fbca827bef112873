import { chmod, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { StoredPoint } from '@coffre/connector'
import { CoffreError, throwIfAborted } from '@coffre/foundation'
import type { BaseDetails } from '../base/base-details.ts'
import { removeOthers } from './data-folder.ts'

/** A tablespace of the point, and where it shall lie. */
interface Mapping {
  readonly oid: string
  readonly place: string
}

const tablespacesFolder = 'pg_tblspc'

/** Which tablespaces go where. `source.config-invalid` for one that the point has not. */
export function mapTablespaces(base: BaseDetails, wanted: Readonly<Record<string, string>>): readonly Mapping[] {
  return Object.entries(wanted).map(([key, place]) => {
    const found = base.tablespaces.find(({ oid, location }) => oid === key || location === key)
    if (found !== undefined) return { oid: found.oid, place }
    const list = base.tablespaces.map(({ oid, location }) => `${location} (${oid})`).join(', ') || 'none'
    throw new CoffreError('source.config-invalid', `tablespaces names ${key}, which the point has not; it has ${list}`, {
      hint: 'Nothing was changed. Name a tablespace by its oid, or by where it lay.',
    })
  })
}

/** Refuses places of tablespaces that are not empty. */
export async function checkPlaces(mappings: readonly Mapping[], overwrite: boolean): Promise<void> {
  for (const { place } of mappings) {
    const names = await readdir(place).catch(() => [])
    if (names.length === 0 || overwrite) continue
    throw new CoffreError('target.not-empty', `there is something in ${place} already, where a tablespace shall go`, {
      hint: 'Nothing was changed. Choose an empty folder, or allow what is there to be overwritten.',
    })
  }
}

/**
 * Lays the data directory out below `folder`, over what is there. Before the first byte of it the folder is marked as one that recovers:
 * what is left of a restore that ended early does not start. `onPlaced` is told how many bytes are in place.
 */
export async function layOutBase(
  point: StoredPoint,
  folder: string,
  mappings: readonly Mapping[],
  onPlaced: (bytes: number) => void,
  signal: AbortSignal,
): Promise<{ readonly files: number }> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await chmod(folder, 0o700)
  const wanted = await pathsOf(point, mappings, signal)
  await removeOthers(folder, wanted)
  await writeFile(join(folder, 'recovery.signal'), '', { mode: 0o600 })
  if (mappings.length === 0) await point.extract('', folder, signal, onPlaced)
  else await layOutApart(point, folder, mappings, onPlaced, signal)
  let files = 0
  for (const kind of wanted.values()) if (kind === 'file') files++
  return { files }
}

/** Every path of the point that will lie in the data directory itself. */
async function pathsOf(
  point: StoredPoint,
  mappings: readonly Mapping[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, 'folder' | 'file'>> {
  const moved = mappings.map(({ oid }) => `${tablespacesFolder}/${oid}`)
  const paths = new Map<string, 'folder' | 'file'>()
  for await (const { kind, path } of point.items('', signal)) {
    if (moved.some((place) => path === place || path.startsWith(`${place}/`))) continue
    if (kind !== 'symlink') paths.set(path, kind)
  }
  return paths
}

/** The folders of the point one by one, since what is moved elsewhere must not be written twice. */
async function layOutApart(
  point: StoredPoint,
  folder: string,
  mappings: readonly Mapping[],
  onPlaced: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const folders: string[] = []
  for await (const item of point.items('', signal)) {
    const depth = item.path.split('/').length
    if (item.kind === 'folder') {
      const isInSpaces = depth === 2 && item.path.startsWith(`${tablespacesFolder}/`)
      if (isInSpaces || (depth === 1 && item.path !== tablespacesFolder)) folders.push(item.path)
      if (item.path === tablespacesFolder) await mkdir(join(folder, item.path), { recursive: true, mode: item.metadata.mode })
    } else if (item.kind === 'file' && depth === 1) {
      await writeFile(join(folder, item.path), item.content, { mode: item.metadata.mode })
    }
  }
  let before = 0
  let placed = 0
  const onPart = (bytes: number): void => {
    placed = before + bytes
    onPlaced(placed)
  }
  for (const path of folders) {
    throwIfAborted(signal)
    before = placed
    const mapping = mappings.find(({ oid }) => path === `${tablespacesFolder}/${oid}`)
    if (mapping === undefined) {
      await mkdir(join(folder, path), { recursive: true, mode: 0o700 })
      await point.extract(path, join(folder, path), signal, onPart)
      continue
    }
    await mkdir(mapping.place, { recursive: true, mode: 0o700 })
    await removeOthers(mapping.place, new Map())
    await point.extract(path, mapping.place, signal, onPart)
    await rm(join(folder, path), { recursive: true, force: true })
    await symlink(mapping.place, join(folder, path))
  }
}
