import { CoffreError, type ErrorCode } from '@coffre/foundation'

interface Meaning {
  readonly code: ErrorCode
  readonly words: string
  readonly hint: string
}

const permission = 'Check who owns the folder and the permissions on it.'
const meanings: Readonly<Record<string, Meaning>> = {
  ENOSPC: {
    code: 'storage.no-space',
    words: 'no space left on the device',
    hint: 'Free some space, or forget and prune snapshots.',
  },
  EDQUOT: { code: 'storage.no-space', words: 'the disk quota is used up', hint: 'Raise the quota, or forget and prune snapshots.' },
  EFBIG: {
    code: 'storage.no-space',
    words: 'the file is larger than allowed',
    hint: 'Look at the limits of the file system and of the process.',
  },
  EACCES: { code: 'storage.permission', words: 'permission denied', hint: permission },
  EPERM: { code: 'storage.permission', words: 'operation not permitted', hint: permission },
  EROFS: {
    code: 'storage.permission',
    words: 'the file system is read-only',
    hint: 'Mount it writable. Did a disk error make it read-only?',
  },
  ENOENT: { code: 'storage.missing', words: 'no such file or folder', hint: 'Is the disk mounted, and is the location right?' },
  ENOTDIR: { code: 'storage.missing', words: 'a part of the path is not a folder', hint: 'Is the location right?' },
  EISDIR: {
    code: 'storage.missing',
    words: 'a folder is in the place of a file',
    hint: 'Did another program change the repository?',
  },
}
const other: Omit<Meaning, 'words'> = {
  code: 'storage.unavailable',
  hint: 'Look at the system log for errors of the disk or of the network file system.',
}

/** The errno name of a failure of `node:fs`, or undefined for any other error. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && 'syscall' in error && typeof error.code === 'string' ? error.code : undefined
}

/** What a failure of `node:fs` means to a caller of the backend. Errors of other kinds are given back as they are. */
export function fileSystemError(error: unknown, doing: string): unknown {
  const errno = errnoOf(error)
  if (errno === undefined) return error
  const { code, words, hint } = meanings[errno] ?? { ...other, words: 'input/output error' }
  return new CoffreError(code, `cannot ${doing}: ${words} (${errno})`, { hint, cause: error })
}

/** For removals and look-ups that an absent file satisfies. */
export function absent(error: unknown): undefined {
  if (errnoOf(error) === 'ENOENT') return undefined
  throw error
}

/** Some file systems (FAT, CIFS) cannot force or protect a file; restic goes on as well. */
export function unsupported(error: unknown): undefined {
  if (['ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EPERM'].includes(errnoOf(error) ?? '')) return undefined
  throw error
}
