import { lstatSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { isFileSystemError } from './file-system-error.ts'
import { LinuxFiles } from './linux-files.ts'
import type { FileStatus, LocalFiles } from './local-files.ts'
import { PortableFiles, statusFrom } from './portable-files.ts'

/**
 * The local file system for the calling thread: exact on Linux, x64 and arm64, where native calls work and pass a test;
 * otherwise what Node's `fs` can do. `openNative` throws where there are none.
 */
export function openLocalFiles(openNative: () => LocalFiles = () => new LinuxFiles()): LocalFiles {
  try {
    const native = openNative()
    if (passesKnownAnswers(native)) return native
  } catch (error) {
    // No prebuilt library for this system, or a libc without one of the functions.
    if (!(error instanceof Error)) throw error
  }
  return new PortableFiles()
}

/** The program that runs is a file which nobody changes meanwhile; Node must see of it what the native calls see. */
function passesKnownAnswers(files: LocalFiles): boolean {
  const program = process.execPath
  const seen = files.status(program)
  const expected = statusFrom(lstatSync(program, { bigint: true }))
  if (!isDeepStrictEqual(withoutAtime(seen), withoutAtime(expected))) return false
  const descriptor = files.openForRead(program)
  const isSame = files.statusOf(descriptor).inode === expected.inode
  files.close(descriptor)
  return isSame && answersNoEntry(files, `${program}/none`)
}

function withoutAtime({ atime, ...rest }: FileStatus): Omit<FileStatus, 'atime'> {
  return rest
}

function answersNoEntry(files: LocalFiles, path: string): boolean {
  try {
    files.status(path)
    return false
  } catch (error) {
    return isFileSystemError(error, 'ENOTDIR')
  }
}
