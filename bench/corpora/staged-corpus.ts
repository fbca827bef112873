import { lstatSync } from 'node:fs'
import { copyFile, mkdir, rm, utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { runCommand } from '../../tools/run-command.ts'
import type { MadeCorpus } from './corpus.ts'
import { walkFiles } from './walk-files.ts'

/**
 * Where a round backs up from: the corpus itself, or for one that changes a copy of it in `folder`. The folder in it is `content`.
 * `change` brings the copy to the second state as the program that owns the files would: those that stayed keep inode and times.
 */
export interface StagedCorpus {
  readonly folder: string
  change(): Promise<void>
}

export async function stageCorpus(corpus: MadeCorpus, folder: string): Promise<StagedCorpus> {
  if (corpus.changed === undefined)
    return { folder: corpus.folder, change: () => Promise.reject(new Error(`${corpus.name} has no second state`)) }
  await mkdir(folder, { recursive: true })
  const source = join(corpus.folder, 'content')
  const { exitCode, stderr } = await runCommand('cp', ['-R', '--preserve=mode,timestamps', source, folder])
  if (exitCode !== 0) throw new Error(`cp could not copy ${source}: ${stderr.trim()}`)
  return { folder, change: () => applyChanges(join(corpus.folder, 'changed'), join(folder, 'content')) }
}

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
