import { type ByteString, CoffreError } from '@coffre/foundation'
import type { Node } from '../format/node.ts'
import { isFileSystemError } from './file-system-error.ts'
import { permissionsOf } from './go-file-mode.ts'
import type { LocalFiles } from './local-files.ts'
import { parseTimestamp } from './timestamp.ts'

export interface MetadataOptions {
  /** Which extended attributes to set, and to remove where the node has none of that name. All by default. */
  readonly selectAttribute?: (name: ByteString) => boolean
  /**
   * Leaves out of the answer what the system forbids. By default so for all users but root, who cannot give files away: restic
   * does the same.
   */
  readonly ignoreDenied?: boolean
}

/**
 * Gives `path` the owner, extended attributes, times and permissions of `node`, in the order of restic. A change of owner clears
 * set-id bits and capabilities, so it comes first; permissions that forbid writing come last. A step that fails does not keep
 * the others from being done: all failures are returned, with errno 'ENOTSUP' what the file system cannot keep at all.
 */
export function applyMetadata(node: Node, path: ByteString, files: LocalFiles, options: MetadataOptions): CoffreError[] {
  const { ignoreDenied = process.geteuid?.() !== 0 } = options
  const failures: CoffreError[] = []
  const attempt = (act: () => void): void => {
    try {
      act()
    } catch (error) {
      if (!(error instanceof CoffreError)) throw error
      if (!(ignoreDenied && isFileSystemError(error, 'EPERM', 'EACCES'))) failures.push(error)
    }
  }
  attempt(() => files.setOwner(path, node.uid, node.gid))
  applyAttributes(node, path, files, options, attempt)
  attempt(() => files.setTimes(path, parseTimestamp(node.atime), parseTimestamp(node.mtime)))
  if (node.type !== 'symlink') attempt(() => files.setPermissions(path, permissionsOf(node.mode ?? 0)))
  return failures
}

function applyAttributes(
  node: Node,
  path: ByteString,
  files: LocalFiles,
  options: MetadataOptions,
  attempt: (act: () => void) => void,
): void {
  const { selectAttribute = () => true } = options
  const wanted = (node.extendedAttributes ?? []).filter(({ name }) => selectAttribute(name))
  for (const attribute of wanted) attempt(() => files.setExtendedAttribute(path, attribute))
  attempt(() => {
    const unreadable: ByteString[] = []
    const readable = files.extendedAttributes(path, (name) => unreadable.push(name)).map(({ name }) => name)
    for (const name of [...readable, ...unreadable]) {
      const isSurplus = !wanted.some((attribute) => attribute.name === name) && selectAttribute(name)
      if (isSurplus) attempt(() => files.removeExtendedAttribute(path, name))
    }
  })
}
