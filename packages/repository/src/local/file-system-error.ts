import { constants } from 'node:os'
import { getSystemErrorMessage } from 'node:util'
import { type ByteString, CoffreError, type ErrorCode } from '@coffre/foundation'
import { printablePath } from './printable-path.ts'

/** What can fail, worded to follow "cannot", and whether a backup's source or a restore's target is concerned. */
const operations = {
  'read the directory': 'source',
  'read the status of': 'source',
  'read the link': 'source',
  'read the extended attributes of': 'source',
  'open': 'source',
  'make the directory': 'target',
  'make the symlink': 'target',
  'make the hard link': 'target',
  'make the fifo': 'target',
  'make the device': 'target',
  'make the socket': 'target',
  'set the permissions of': 'target',
  'set the owner of': 'target',
  'set the times of': 'target',
  'set an extended attribute of': 'target',
  'remove an extended attribute of': 'target',
  'rename': 'target',
  'remove': 'target',
  'open for writing': 'target',
  'close': 'target',
  'look up the user': 'target',
  'look up the group': 'target',
} as const satisfies Record<string, 'source' | 'target'>

export type FileOperation = keyof typeof operations

/** Names of Linux that `os.constants` lacks and that file systems do answer with. */
const rareNumbers: Readonly<Record<string, readonly [number: number, description: string]>> = {
  ENOTSUP: [constants.errno.ENOTSUP, 'operation not supported'],
  EUCLEAN: [117, 'the structure of the file system needs cleaning'],
  EREMOTEIO: [121, 'remote input/output error'],
  ENOMEDIUM: [123, 'no medium found'],
  ENOKEY: [126, 'the required key is not available'],
}

const namesByNumber = new Map<number, string>([
  ...Object.entries(constants.errno).map(([name, number]): [number, string] => [number, name]),
  ...Object.entries(rareNumbers).map(([name, [number]]): [number, string] => [number, name]),
  // Two names share a number on Linux; the one that Node and people use wins.
  [constants.errno.EAGAIN, 'EAGAIN'],
])

const hints: Readonly<Record<string, string>> = {
  EACCES: 'Give the user that Coffre runs as access to it, or run Coffre as root.',
  EPERM: 'Run Coffre as root, or as the owner of the file; is the file immutable, or the capability missing in a container?',
  ENOSPC: 'Free space on the file system, or choose another one.',
  EDQUOT: 'The disk quota of the user is used up; raise it or free space.',
  EROFS: 'The file system is mounted read-only.',
  EEXIST: 'Something else is in its place: move it away, or choose another target.',
  EIO: 'The disk or the network file system failed to answer; the kernel log has the details.',
  EUCLEAN: 'The file system is damaged; check it with its own repair program.',
  ELOOP: 'A symlink stands where a file was expected; was it changed meanwhile?',
  EMFILE: 'Raise the limit of open files (ulimit -n).',
  ENFILE: 'The system has too many open files.',
  ENOTSUP: 'This file system, or this operating system, cannot keep this kind of file or metadata.',
}

export interface FileSystemErrorOptions extends ErrorOptions {
  /** Replaces the system's description of the errno. */
  readonly detail?: string
  /** The extended attribute that the call was about. */
  readonly attribute?: ByteString
}

/** A failed call on the local file system. Callers may branch on `errno`, e.g. 'ENOENT'. */
export class FileSystemError extends CoffreError {
  override readonly name = 'FileSystemError'
  readonly operation: FileOperation
  readonly path: ByteString
  readonly errno: string

  constructor(operation: FileOperation, path: ByteString, errno: string, options: FileSystemErrorOptions = {}) {
    const { detail = describe(errno), attribute, cause } = options
    const subject = attribute === undefined ? printablePath(path) : `${printablePath(path)}: ${printablePath(attribute)}`
    const hint = hints[errno]
    super(codeOf(operation, errno), `cannot ${operation} ${subject}: ${detail} (${errno})`, {
      ...(hint === undefined ? {} : { hint }),
      ...(cause === undefined ? {} : { cause }),
    })
    this.operation = operation
    this.path = path
    this.errno = errno
  }
}

/** Whether `error` is a failed file system call, with one of `errnos` when any is given. */
export function isFileSystemError(error: unknown, ...errnos: readonly string[]): error is FileSystemError {
  return error instanceof FileSystemError && (errnos.length === 0 || errnos.includes(error.errno))
}

/** The name of an errno, e.g. 'ENOENT' for 2. */
export function errnoName(number: number): string {
  return namesByNumber.get(number) ?? `E${number}`
}

function codeOf(operation: FileOperation, errno: string): ErrorCode {
  switch (errno) {
    case 'ENOSPC':
    case 'EDQUOT':
      return 'storage.no-space'
    case 'EACCES':
    case 'EPERM':
      return 'storage.permission'
    case 'ENOTSUP':
    case 'ENOSYS':
      return 'system.unsupported'
    default:
      if (operations[operation] === 'target') return 'target.failed'
      return errno === 'ENOENT' || errno === 'ENOTDIR' ? 'source.missing' : 'source.failed'
  }
}

function describe(errno: string): string {
  const rare = rareNumbers[errno]
  if (rare !== undefined) return rare[1]
  const number = new Map(Object.entries(constants.errno)).get(errno)
  return number === undefined ? 'unknown error' : getSystemErrorMessage(-number)
}
