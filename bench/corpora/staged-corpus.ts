import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from '../../tools/run-command.ts'
import { applyChanges } from './apply-changes.ts'
import type { MadeCorpus } from './corpus.ts'

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
