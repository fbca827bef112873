import type { ByteString } from '@coffre/foundation'
import type { ContentPiece, TreeOperation } from './tree-operation.ts'

/** A file as the plan knows it; all its names share it. */
export interface KnownFile {
  size: number
}

const dispensableContents = 6

type Known = KnownFile | 'folder' | 'other'

/** What is in a tree and what is to be done to it next. Paths are relative to its folder, whose own is ''. */
export class TreePlan {
  readonly #root: ByteString
  readonly #entries = new Map<ByteString, Known>()
  #operations: TreeOperation[] = []
  #finally: TreeOperation[] = []

  constructor(root: ByteString) {
    this.#root = root
  }

  get folders(): readonly ByteString[] {
    return [...this.#entries].filter(([, known]) => known === 'folder').map(([path]) => path)
  }

  get files(): readonly { readonly path: ByteString; readonly file: KnownFile }[] {
    return [...this.#entries].flatMap(([path, file]) => (typeof file === 'object' ? [{ path, file }] : []))
  }

  /** Entries without the folder itself and folders of much content, lest a tree be empty after a few changes. */
  get dispensable(): readonly ByteString[] {
    const contents = new Map<ByteString, number>()
    for (const path of this.#entries.keys()) {
      for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
        const folder = path.slice(0, end)
        contents.set(folder, (contents.get(folder) ?? 0) + 1)
      }
    }
    return [...this.#entries.keys()].filter((path) => path !== '' && (contents.get(path) ?? 0) <= dispensableContents)
  }

  fileAt(path: ByteString): KnownFile | undefined {
    const known = this.#entries.get(path)
    return typeof known === 'object' ? known : undefined
  }

  /** A path that is free, in a folder that is there; of that name, if it can be. */
  newPath(folder: ByteString, name: ByteString): ByteString {
    const prefix = folder === '' ? '' : `${folder}/`
    if (!this.#entries.has(prefix + name)) return prefix + name
    for (let i = 2; ; i++) {
      const path = `${prefix}again-${i}`
      if (!this.#entries.has(path)) return path
    }
  }

  addRoot(): void {
    this.addFolder('')
  }

  addFolder(path: ByteString): void {
    this.#entries.set(path, 'folder')
    this.change({ do: 'folder', path })
  }

  writeFile(path: ByteString, pieces: readonly ContentPiece[]): void {
    this.#entries.set(path, { size: sizeOf(pieces) })
    this.change({ do: 'write', path, pieces })
  }

  /** Another file takes the name; other names of the old one keep it. */
  replaceFile(path: ByteString, pieces: readonly ContentPiece[]): boolean {
    this.#entries.set(path, { size: sizeOf(pieces) })
    this.change({ do: 'replace', path, pieces })
    return true
  }

  addOther(operation: TreeOperation & { readonly do: 'symlink' | 'fifo' | 'device' }): void {
    this.#entries.set(operation.path, 'other')
    this.change(operation)
  }

  link(source: ByteString, file: KnownFile, path: ByteString): boolean {
    this.#entries.set(path, file)
    this.change({ do: 'link', path, source: this.#absolute(source) })
    return true
  }

  copy(source: ByteString, file: KnownFile, path: ByteString): boolean {
    this.#entries.set(path, { size: file.size })
    this.change({ do: 'copy', path, source: this.#absolute(source) })
    return true
  }

  rename(source: ByteString, path: ByteString): boolean {
    for (const [from, known] of [...this.#entries]) {
      if (from !== source && !from.startsWith(`${source}/`)) continue
      this.#entries.delete(from)
      this.#entries.set(path + from.slice(source.length), known)
    }
    this.#forget(source)
    this.change({ do: 'rename', path, source: this.#absolute(source) })
    return true
  }

  remove(path: ByteString): boolean {
    for (const known of [...this.#entries.keys()]) if (known === path || known.startsWith(`${path}/`)) this.#entries.delete(known)
    this.#forget(path)
    this.change({ do: 'remove', path })
    return true
  }

  change(operation: TreeOperation): void {
    this.#operations.push({ ...operation, path: this.#absolute(operation.path) })
  }

  /** To be done after all the rest. */
  finally(operation: TreeOperation): void {
    this.#finally.push({ ...operation, path: this.#absolute(operation.path) })
  }

  takeOperations(): readonly TreeOperation[] {
    const taken = [...this.#operations, ...this.#finally]
    this.#operations = []
    this.#finally = []
    return taken
  }

  #forget(path: ByteString): void {
    const absolute = this.#absolute(path)
    this.#finally = this.#finally.filter((operation) => operation.path !== absolute && !operation.path.startsWith(`${absolute}/`))
  }

  #absolute(path: ByteString): ByteString {
    return path === '' ? this.#root : `${this.#root}/${path}`
  }
}

function sizeOf(pieces: readonly ContentPiece[]): number {
  return pieces.reduce((sum, [, bytes]) => sum + bytes, 0)
}
