import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { MadeCorpus } from '../corpora/corpus.ts'
import { stageCorpus } from '../corpora/staged-corpus.ts'
import { digestTree, type TreeDigest } from '../corpora/tree-digest.ts'
import { totalBytes } from '../corpora/walk-files.ts'
import { type Command, type Measurement, measure } from '../measure/measure.ts'
import { settle } from '../measure/page-cache.ts'
import type { BackupTool, Place, Source } from '../tools/backup-tool.ts'

/** What is timed in a round, in this order; `changed` only where the corpus has a second state. */
export type Step = 'first' | 'again' | 'changed' | 'restore' | 'check'

export interface RoundResult {
  readonly tool: string
  readonly steps: Readonly<Partial<Record<Step, Measurement>>>
  /** What the repository holds after the first two backups. */
  readonly storedBytes: number
  /** What it has grown by through the changed backup. */
  readonly addedBytes: number | undefined
}

class WrongRestoreError extends Error {
  override readonly name = 'WrongRestoreError'
}

/** Takes one tool through all steps on one corpus, in a fresh repository in `folder`, which must not exist. */
export async function runRound(tool: BackupTool, corpus: MadeCorpus, folder: string): Promise<RoundResult> {
  const place = await newPlace(folder)
  const staged = await stageCorpus(corpus, join(folder, 'source'))
  const source: Source = { folder: staged.folder, name: 'content' }
  const sourcePath = join(source.folder, source.name)
  for (const command of tool.prepare(place)) await measure(command)
  const steps: Partial<Record<Step, Measurement>> = {}
  const time = async (step: Step, reads: string, command: Command): Promise<void> => {
    await settle(reads)
    steps[step] = (await measure(command)).measurement
  }
  await time('first', sourcePath, tool.backup(place, source, 'first'))
  await time('again', sourcePath, tool.backup(place, source, 'again'))
  const storedBytes = totalBytes(place.repository)
  let addedBytes: number | undefined
  if (corpus.changed !== undefined) {
    await staged.change()
    await time('changed', sourcePath, tool.backup(place, source, 'changed'))
    addedBytes = totalBytes(place.repository) - storedBytes
  }
  if (tool.measures === 'everything') {
    const label = corpus.changed === undefined ? 'again' : 'changed'
    await time('restore', place.repository, tool.restore(place, source, label))
    assertEqual(tool, corpus.changed ?? corpus.content, digestTree(tool.restoredFolder(place, source)))
    await time('check', place.repository, tool.check(place))
  }
  return { tool: tool.name, steps, storedBytes, addedBytes }
}

/** The folders of a round, with the password in its file. */
export async function newPlace(folder: string): Promise<Place> {
  const place: Place = {
    repository: join(folder, 'repository'),
    state: join(folder, 'state'),
    target: join(folder, 'restored'),
    passwordFile: join(folder, 'password'),
  }
  await rm(folder, { recursive: true, force: true })
  for (const path of [place.repository, place.state, place.target]) await mkdir(path, { recursive: true })
  await writeFile(place.passwordFile, 'benchmark\n', { mode: 0o600 })
  return place
}

function assertEqual(tool: BackupTool, expected: TreeDigest, found: TreeDigest): void {
  if (expected.sha256 === found.sha256) return
  const words = ({ files, folders, bytes }: TreeDigest) => `${files} files, ${folders} folders, ${bytes} bytes`
  throw new WrongRestoreError(
    `${tool.name} restored something else: ${words(found)} instead of ${words(expected)}, or other content`,
  )
}
