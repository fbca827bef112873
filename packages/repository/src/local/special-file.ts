import { type ByteString, CoffreError } from '@coffre/foundation'
import type { Node } from '../format/node.ts'
import type { LocalFiles } from './local-files.ts'
import { printablePath } from './printable-path.ts'

/** Makes the symlink, device, fifo or socket that `node` is, for its owner alone; its metadata is the caller's to apply. */
export function createSpecialFile(node: Node, path: ByteString, files: LocalFiles): void {
  switch (node.type) {
    case 'symlink':
      files.makeSymlink(node.linkTarget ?? '', path)
      break
    case 'dev':
    case 'chardev':
      files.makeDevice(path, node.type, node.device ?? 0)
      break
    case 'fifo':
      files.makeFifo(path, 0o600)
      break
    case 'socket':
      files.makeSocket(path)
      break
    default:
      throw new CoffreError('target.failed', `cannot make ${printablePath(path)}: its type is '${node.type}'`)
  }
}
