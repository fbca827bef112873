import { type ByteString, CoffreError } from '@coffre/foundation'
import type { Id, Node } from '../format/node.ts'
import { type TreeSource, walkTree } from '../walk/walk-tree.ts'

/** An entry of an archive. */
export interface DumpItem {
  /** In the archive: no slash at the beginning or the end. */
  readonly path: ByteString
  readonly node: Node
}

/**
 * Everything below a tree, sockets left out, as they exist only while a program listens. `prefix` is the folder's own place, which
 * the paths begin with. A name that could lead out of the folder where an archive is unpacked is refused.
 */
export async function* dumpItems(source: TreeSource, tree: Id, prefix: ByteString, signal: AbortSignal): AsyncGenerator<DumpItem> {
  const start = prefix.replace(/^\/+|\/+$/g, '')
  for await (const { path, node } of walkTree(source, tree, {}, signal)) {
    if (node.name === '' || node.name === '.' || node.name === '..' || /[/\0]/.test(node.name)) {
      throw new CoffreError(
        'repository.damaged',
        `an entry has the invalid name ${JSON.stringify(node.name)}: ${JSON.stringify(path)}`,
        {
          hint: 'An archive with such a name could write outside of its folder. `coffre repo rewrite` can leave the entry out.',
        },
      )
    }
    if (node.type !== 'socket') yield { path: start === '' ? path.slice(1) : start + path, node }
  }
}
