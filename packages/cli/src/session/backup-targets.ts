import { type ByteString, byteStringFrom, isCoffreError } from '@coffre/foundation'
import { decodeTextFile, type LocalFiles } from '@coffre/repository'
import { CommandLineError, usageError } from '../messages/command-line-error.ts'
import { absolutePath } from './absolute-path.ts'
import { expandGlob, hasWildcards } from './expand-glob.ts'
import { linesOf, readBytes, trimSpaces } from './text-file.ts'

/** Files that name what to back up. `-` is standard input. */
export interface TargetLists {
  /** One pattern a line; lines that begin with # are comments. */
  readonly patterns: readonly ByteString[]
  /** One path a line, as it is. */
  readonly verbatim: readonly ByteString[]
  /** Paths, a zero byte after each. */
  readonly raw: readonly ByteString[]
}

export interface GatheredTargets {
  /** As they were given. */
  readonly targets: readonly ByteString[]
  readonly missing: readonly ByteString[]
  /** Patterns that nothing fits. */
  readonly unmatched: readonly ByteString[]
}

/** Everything that is asked for and there. An error when that is nothing. */
export async function gatherTargets(
  lists: TargetLists,
  operands: readonly ByteString[],
  workingFolder: ByteString,
  files: LocalFiles,
): Promise<GatheredTargets> {
  const asked: ByteString[] = []
  const missing: ByteString[] = []
  const unmatched: ByteString[] = []
  for (const file of lists.patterns) {
    for (const line of linesOf(decodeTextFile(await readList(file, '--files-from'))).map(trimSpaces)) {
      if (line === '' || line.startsWith('#')) continue
      const expanded = expandGlob(line, workingFolder, files)
      if (expanded.length === 0) (hasWildcards(line) ? unmatched : missing).push(line)
      asked.push(...expanded)
    }
  }
  for (const file of lists.verbatim) {
    const lines = linesOf(decodeTextFile(await readList(file, '--files-from-verbatim')))
    asked.push(...lines.filter((line) => line !== ''))
  }
  for (const file of lists.raw) asked.push(...rawNames(await readList(file, '--files-from-raw')))
  asked.push(...operands)
  if (asked.length + missing.length + unmatched.length === 0) throw usageError('error.nothingToBackUp', {}, 'hint.nothingToBackUp')
  const targets = asked.filter((target) => exists(absolutePath(target, workingFolder), files) || void missing.push(target))
  if (targets.length === 0) {
    throw new CommandLineError(
      'source.missing',
      { key: 'error.noTargets', values: { paths: [...missing, ...unmatched].join(', ') } },
      { key: 'hint.filePath', values: {} },
    )
  }
  return { targets, missing, unmatched }
}

async function readList(file: ByteString, option: string): Promise<Buffer> {
  if (file !== '-') return readBytes(file, option)
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

function rawNames(bytes: Buffer): ByteString[] {
  const names: ByteString[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(0, at)
    if (end < 0) throw usageError('error.rawListEnd')
    if (end === at) throw usageError('error.rawListEmptyName')
    names.push(byteStringFrom(bytes.subarray(at, end)))
    at = end + 1
  }
  return names
}

function exists(path: ByteString, files: LocalFiles): boolean {
  try {
    files.status(path)
    return true
  } catch (error) {
    // What cannot be looked at is there for the backup to complain about.
    return !isCoffreError(error, 'source.missing')
  }
}
