import { lstatSync } from 'node:fs'
import { copyFile, mkdir, rm, utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { walkFiles } from './walk-files.ts'

/** Makes `target` like `source`, writing only to what differs in length or modification time. */
export async function applyChanges(source: string, target: string): Promise<void> {
  const wanted = new Map([...walkFiles(source)].map((file) => [file.path, file]))
  for (const { path, absolutePath } of [...walkFiles(target)]) {
    if (!wanted.has(path)) await rm(absolutePath, { recursive: true, force: true })
  }
  for (const { kind, path, absolutePath } of wanted.values()) {
    const place = join(target, path)
    if (kind === 'folder') await mkdir(place, { recursive: true })
    if (kind !== 'file' || isSame(absolutePath, place)) continue
    await mkdir(dirname(place), { recursive: true })
    await copyFile(absolutePath, place)
    const { atime, mtime } = lstatSync(absolutePath)
    await utimes(place, atime, mtime)
  }
}

function isSame(source: string, target: string): boolean {
  const old = lstatSync(target, { bigint: true, throwIfNoEntry: false })
  const { size, mtimeNs } = lstatSync(source, { bigint: true })
  return old !== undefined && old.size === size && old.mtimeNs === mtimeNs
}
