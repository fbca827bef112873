import { readdir, stat } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { throwIfAborted } from '@coffre/foundation'
import type { FileInfo, FileType } from '../backend.ts'
import { fileAt, folders, isNameOf } from '../layout.ts'
import { errnoOf } from './file-system-error.ts'

export interface FoundFile {
  /** Relative to the root of the vault. */
  readonly path: string
  readonly sizeBytes: number
  readonly modifiedMs: number
}

const batchFilesMax = 512
const readFolder = promisify(readdir)

/** The files of one type, read folder by folder: memory stays bounded by the largest folder. */
export async function* listFiles(root: string, type: FileType, below: string, signal: AbortSignal): AsyncGenerator<FileInfo> {
  const wanted = (path: string): boolean => fileAt(type, path)?.name.startsWith(below) ?? false
  for await (const found of walkFiles(root, type, wanted, signal, foldersOfNames(type, below))) {
    const file = fileAt(type, found.path)
    if (file !== undefined) yield { ...file, sizeBytes: found.sizeBytes }
  }
}

/** Every ordinary file in the folders of `type`, or in one of them, whose path is `wanted`. Absent folders are empty. */
export async function* walkFiles(
  root: string,
  type: FileType,
  wanted: (path: string) => boolean,
  signal: AbortSignal,
  folder = '',
): AsyncGenerator<FoundFile> {
  if (type === 'config') {
    yield* filesIn(root, '', wanted, signal)
    return
  }
  const pending = [`${folders[type]}${folder}`]
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    if (hasFolders(type, at)) pending.push(...(await foldersIn(root, at)).filter((inner) => isFolderOf(type, inner)))
    if (at !== folders.pack) yield* filesIn(root, at, wanted, signal)
  }
}

function hasFolders(type: FileType, folder: string): boolean {
  return type === 'state' || folder === folders.pack || folder === folders.journal
}

/** The journals lie in the folder of the state and are none of it. */
function isFolderOf(type: FileType, folder: string): boolean {
  return type !== 'state' || folder !== folders.journal
}

/** Where the names that begin with `below` lie, when they are all in one folder of the type: with the '/' before it. */
function foldersOfNames(type: FileType, below: string): string {
  const slash = type === 'journal' ? below.lastIndexOf('/') : -1
  return slash > 0 && isNameOf(type, `${below.slice(0, slash)}/x`) ? `/${below.slice(0, slash)}` : ''
}

async function foldersIn(root: string, folder: string): Promise<string[]> {
  try {
    const entries = await readFolder(join(root, folder), { withFileTypes: true })
    return entries.filter((entry) => entry.isDirectory() || entry.isSymbolicLink()).map((entry) => `${folder}/${entry.name}`)
  } catch (error) {
    return noFolder(error)
  }
}

async function* filesIn(
  root: string,
  folder: string,
  wanted: (path: string) => boolean,
  signal: AbortSignal,
): AsyncGenerator<FoundFile> {
  throwIfAborted(signal)
  const names = await readFolder(join(root, folder)).catch(noFolder)
  const paths = names.map((name) => (folder === '' ? name : `${folder}/${name}`)).filter(wanted)
  for (let start = 0; start < paths.length; start += batchFilesMax) {
    throwIfAborted(signal)
    yield* await statusOfAll(root, paths.slice(start, start + batchFilesMax))
  }
}

/** One promise for the whole batch: one per file would take several times as long as the system calls. */
function statusOfAll(root: string, paths: readonly string[]): Promise<FoundFile[]> {
  return new Promise((resolve, reject) => {
    const found: FoundFile[] = []
    let pending = paths.length
    for (const path of paths) {
      stat(`${root}/${path}`, (error, status) => {
        // A file may be removed between its folder's listing and its own status.
        if (error !== null && error.code !== 'ENOENT') reject(error)
        else if (error === null && status.isFile()) found.push({ path, sizeBytes: status.size, modifiedMs: status.mtimeMs })
        pending--
        if (pending === 0) resolve(found)
      })
    }
  })
}

function noFolder(error: unknown): [] {
  if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return []
  throw error
}
