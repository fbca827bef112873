import type { ByteString } from '@coffre/foundation'
import { encodeSnapshot, type Id, type ListedItem, type Node, parseTimestamp, type StoredSnapshot } from '@coffre/repository'
import { goJson } from './go-json.ts'

const blockBytes = 512
/** Go's FileMode: where the set-id and sticky bits are. */
const [setUid, setGid, sticky] = [0x800000, 0x400000, 0x100000]

/** The export format of ncdu, version 1.2: nested arrays, one for each folder. Items come as a walk finds them. */
export class NcduPrinter {
  readonly #print: (line: ByteString) => void
  /** The folders that are open, the innermost last. */
  readonly #open: ByteString[] = []

  constructor({ id: _id, ...snapshot }: StoredSnapshot, tree: Id, print: (line: ByteString) => void) {
    this.#print = print
    print(`[1, 2, ${encodeSnapshot({ ...snapshot, tree }).toString()}, [{"name":"/"}`)
  }

  add({ path, node }: ListedItem): void {
    this.#closeUntil(path)
    const indent = '  '.repeat(this.#open.length + 1)
    this.#print(`${indent},${node.type === 'dir' ? '[' : ''}${goJson(ncduNode(node))}`)
    if (node.type === 'dir') this.#open.push(path)
  }

  end(): void {
    this.#closeUntil('')
    this.#print(']]')
  }

  #closeUntil(path: ByteString): void {
    for (let folder = this.#open.at(-1); folder !== undefined && !path.startsWith(`${folder}/`); folder = this.#open.at(-1)) {
      this.#print(`${'  '.repeat(this.#open.length + 1)}]`)
      this.#open.pop()
    }
  }
}

function ncduNode(node: Node) {
  const { mode = 0, size = 0 } = node
  const special = (mode & setUid ? 0o4000 : 0) | (mode & setGid ? 0o2000 : 0) | (mode & sticky ? 0o1000 : 0)
  return {
    name: node.name,
    asize: size,
    dsize: ((BigInt(size) + BigInt(blockBytes - 1)) / BigInt(blockBytes)) * BigInt(blockBytes),
    dev: node.deviceId ?? 0,
    ino: node.inode ?? 0,
    nlink: node.links ?? 0,
    notreg: node.type !== 'dir' && node.type !== 'file',
    uid: node.uid,
    gid: node.gid,
    mode: (mode & 0o777) | special,
    // ncdu takes no time before 1970.
    mtime: Math.max(0, parseTimestamp(node.mtime).seconds),
  }
}
