import { type ByteString, bytesOf, compareByteStrings } from '@coffre/foundation'
import { compileGlob, type LocalFiles } from '@coffre/repository'
import { usageError } from '../messages/command-line-error.ts'
import { absolutePath } from './absolute-path.ts'

const special = /[*?[\\]/

export function hasWildcards(pattern: ByteString): boolean {
  return special.test(pattern)
}

/** The paths that fit a pattern, sorted, as Go's filepath.Glob finds them; a pattern without wildcards stands for itself, if it is there. */
export function expandGlob(pattern: ByteString, workingFolder: ByteString, files: LocalFiles): ByteString[] {
  if (!hasWildcards(pattern)) return isThere(absolutePath(pattern, workingFolder), files) ? [pattern] : []
  const slash = pattern.lastIndexOf('/')
  const folderPattern = slash < 0 ? '' : slash === 0 ? '/' : pattern.slice(0, slash)
  const folders = folderPattern === '' || folderPattern === '/' ? [folderPattern] : expandGlob(folderPattern, workingFolder, files)
  return folders.flatMap((folder) => namesIn(folder, pattern.slice(slash + 1), workingFolder, files))
}

function namesIn(folder: ByteString, pattern: ByteString, workingFolder: ByteString, files: LocalFiles): ByteString[] {
  const glob = compileGlob(byteText(pattern))
  if (glob === undefined) throw usageError('error.malformedPattern', { pattern })
  const names = attempt(() => files.readDirectory(absolutePath(folder, workingFolder)).map(({ name }) => name)) ?? []
  const prefix = folder === '' || folder.endsWith('/') ? folder : `${folder}/`
  return names
    .filter((name) => glob(byteText(name)))
    .sort(compareByteStrings)
    .map((name) => prefix + name)
}

/** A string with a unit for each byte, which is what a glob reads. */
function byteText(text: ByteString): string {
  return bytesOf(text).toString('latin1')
}

function isThere(path: ByteString, files: LocalFiles): boolean {
  return attempt(() => files.status(path)) !== undefined
}

/** As Go has it, what cannot be read does not match. */
function attempt<Result>(look: () => Result): Result | undefined {
  try {
    return look()
  } catch {
    return undefined
  }
}
