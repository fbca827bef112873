import { type ByteString, CoffreError, throwIfAborted } from '@coffre/foundation'
import type { Id, Node } from '../format/node.ts'

/** Where a walk gets its trees; a BlobReader is one. */
export interface TreeSource {
  tree(id: Id, signal: AbortSignal): Promise<readonly Node[]>
}

export interface WalkOptions {
  /** Called for a tree that cannot be read, which is then passed over; without it the walk ends with the error. */
  readonly onUnreadable?: (path: ByteString, tree: Id, error: unknown) => void
}

/** An entry that a walk has come to. */
export class WalkedItem {
  /** From the root of the walk, which is '/'. */
  readonly path: ByteString
  readonly node: Node
  /** The tree that lists the node. */
  readonly tree: Id
  #isSkipped = false

  constructor(path: ByteString, node: Node, tree: Id) {
    this.path = path
    this.node = node
    this.tree = tree
  }

  get isSkipped(): boolean {
    return this.#isSkipped
  }

  /** Keeps the walk out of this folder. */
  skip(): void {
    this.#isSkipped = true
  }
}

interface Frame {
  readonly path: ByteString
  readonly tree: Id
  readonly nodes: readonly Node[]
  next: number
}

/** Every entry below a tree: folders before their content, names in the order of their bytes. Trees are read when they are entered. */
export async function* walkTree(
  source: TreeSource,
  root: Id,
  options: WalkOptions,
  signal: AbortSignal,
): AsyncGenerator<WalkedItem> {
  const open = async (path: ByteString, tree: Id): Promise<Frame | undefined> => {
    try {
      return { path, tree, nodes: await source.tree(tree, signal), next: 0 }
    } catch (error) {
      throwIfAborted(signal)
      if (options.onUnreadable === undefined) throw error
      options.onUnreadable(path, tree, error)
      return undefined
    }
  }
  const stack: Frame[] = []
  const enter = (frame: Frame | undefined): void => {
    if (frame !== undefined) stack.push(frame)
  }
  enter(await open('/', root))
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const node = frame.nodes[frame.next++]
    if (node === undefined) {
      stack.pop()
      continue
    }
    throwIfAborted(signal)
    const item = new WalkedItem(childPath(frame.path, node.name), node, frame.tree)
    if (node.type === '') throw malformed(item, 'has no type')
    yield item
    if (node.type !== 'dir' || item.isSkipped) continue
    enter(await open(item.path, subtreeOf(item)))
  }
}

export function childPath(folder: ByteString, name: ByteString): ByteString {
  return folder === '/' ? `/${name}` : `${folder}/${name}`
}

function subtreeOf(item: WalkedItem): Id {
  if (item.node.subtree === undefined) throw malformed(item, 'is a folder without a tree')
  return item.node.subtree
}

function malformed(item: WalkedItem, problem: string): CoffreError {
  return new CoffreError(
    'repository.damaged',
    `tree ${item.tree} is damaged: its entry ${JSON.stringify(item.node.name)} ${problem}`,
    {
      hint: 'Run `coffre repo check`; `coffre repo repair snapshots` drops what is lost.',
    },
  )
}
