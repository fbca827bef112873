import type { Repository } from '@coffre/repository'
import { forEachBounded } from '@coffre/storage'
import { findTail, type TailFile, type TailFinding } from './stored-tail.ts'
import { decodeTailName } from './tail-name.ts'

const loadsAtOnce = 8

/** A file and what it amounts to. */
export interface FoundTail {
  readonly file: TailFile
  readonly finding: TailFinding
}

/** Every file of the stream that is called like a tail, by number. `start` is what names begin with. */
export async function listTails(repository: Repository, stream: string, signal: AbortSignal, start = ''): Promise<TailFile[]> {
  const folder = `${stream}/`
  const found = new Map<string, TailFile>()
  for await (const { type, name, sizeBytes } of repository.backend.list('journal', signal, `${folder}${start}`)) {
    const decoded = decodeTailName(name.slice(folder.length))
    if (decoded !== undefined) found.set(name, { ...decoded, file: { type, name }, sizeBytes })
  }
  return [...found.values()].sort((a, b) => a.number - b.number || (a.tag < b.tag ? -1 : 1))
}

/** Looks at the headers of files, in their order. */
export async function findTails(
  repository: Repository,
  stream: string,
  files: readonly TailFile[],
  signal: AbortSignal,
): Promise<FoundTail[]> {
  const found: FoundTail[] = []
  await forEachBounded(files.entries(), loadsAtOnce, async ([at, file]) => {
    found[at] = { file, finding: await findTail(repository, stream, file, signal) }
  })
  return found
}
