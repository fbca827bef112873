import type { ByteString } from '@coffre/foundation'
import type { ExtendedAttribute, Node } from '../format/node.ts'
import { buildNode, type FileFacts, type NodeOptions, type Writable } from './build-node.ts'
import { type FileSystemError, isFileSystemError } from './file-system-error.ts'
import type { FileStatus, LocalFiles, UnreadableAttribute } from './local-files.ts'

/**
 * Looks up what `status` does not tell, and makes the node. Throws the FileSystemError of a link that cannot be read; attributes
 * that cannot be read are left out and handed to `onIncomplete`.
 */
export function readFileNode(
  files: LocalFiles,
  path: ByteString,
  name: ByteString,
  status: FileStatus,
  options: NodeOptions,
  onIncomplete: (error: FileSystemError) => void,
): Node {
  const facts: Writable<FileFacts> = {
    name,
    status,
    user: files.userName(status.uid),
    group: files.groupName(status.gid),
    extendedAttributes: readAttributes(files, path, onIncomplete),
  }
  if (status.type === 'symlink') facts.linkTarget = files.readLink(path)
  return buildNode(facts, options)
}

function readAttributes(files: LocalFiles, path: ByteString, onIncomplete: (error: FileSystemError) => void): ExtendedAttribute[] {
  const onUnreadable: UnreadableAttribute = (_name, error) => onIncomplete(error)
  try {
    return files.extendedAttributes(path, onUnreadable)
  } catch (error) {
    if (!isFileSystemError(error)) throw error
    onIncomplete(error)
    return []
  }
}
