import type { ByteString } from '@coffre/foundation'
import type { SeededRandom } from '../seeded-random.ts'
import {
  accessLists,
  awkwardNames,
  awkwardTimes,
  fileCapability,
  fileModes,
  folderModes,
  inheritedAccessLists,
  linkTargets,
  owners,
  rootAttributes,
  smallBoundarySizes,
  userAttributes,
} from './awkward-values.ts'
import { chosen, generatedContent } from './generated-content.ts'
import { type KnownFile, TreePlan } from './tree-plan.ts'
import type { TreeProcess } from './tree-process.ts'

export interface GeneratedTreeOptions {
  /** Files of exactly these sizes are there, besides most of the small boundary sizes. */
  readonly sizesBytes?: readonly number[]
  /** How many other files, folders, links and so on, about. */
  readonly entries?: number
  /** Entries of one crowded folder. */
  readonly crowd?: number
  /** Whether to make what only root can make and read; by default, what this process can. */
  readonly asRoot?: boolean
}

/**
 * A file tree on disk with all that a backup may meet, the same for the same numbers, and its changes from one backup to the next.
 * `folder` must not exist.
 */
export class GeneratedTree {
  readonly folder: ByteString
  readonly #process: TreeProcess
  readonly #random: SeededRandom
  readonly #asRoot: boolean
  readonly #plan: TreePlan

  private constructor(folder: ByteString, process: TreeProcess, random: SeededRandom, asRoot: boolean) {
    this.folder = folder
    this.#process = process
    this.#random = random
    this.#asRoot = asRoot
    this.#plan = new TreePlan(folder)
  }

  static async create(
    folder: ByteString,
    hand: TreeProcess,
    random: SeededRandom,
    options: GeneratedTreeOptions = {},
  ): Promise<GeneratedTree> {
    const tree = new GeneratedTree(folder, hand, random, options.asRoot ?? process.geteuid?.() === 0)
    tree.#begin(options)
    await tree.#carryOut()
    return tree
  }

  /** Changes some entries, each in one of the ways that files change; names what it did, for a failure's message. */
  async mutate(changes: number): Promise<readonly string[]> {
    const done: string[] = []
    for (let i = 0; i < changes; i++) {
      const [name, change] = chosen(this.#random, this.#mutations)
      if (change()) done.push(name)
    }
    await this.#carryOut()
    return done
  }

  #begin({ sizesBytes = [], entries = 40, crowd = 0 }: GeneratedTreeOptions): void {
    this.#plan.addRoot()
    for (let i = 0; i < entries / 8; i++) this.#addFolder()
    let deep = this.#plan.newPath('', 'deep')
    for (let depth = 0; depth < (crowd > 0 ? 30 : 10); depth++) {
      this.#plan.addFolder(deep)
      deep = `${deep}/${depth % 5 === 0 ? 'd'.repeat(100) : 'd'}`
    }
    for (const name of awkwardNames)
      if (this.#oneIn(2)) this.#writeFile(this.#plan.newPath(this.#folder(), name), this.#random.integer(2000))
    const sizes = smallBoundarySizes.filter(() => !this.#oneIn(3))
    for (const size of [...sizes, ...sizesBytes]) this.#decorate(this.#writeFile(this.#newPath(), size))
    this.#addDatabase()
    for (let i = 0; i < crowd; i++) this.#writeFile(this.#plan.newPath(deep.slice(0, deep.indexOf('/')), `crowd-${i}`), i % 3)
    for (let i = 0; i < entries; i++) chosen(this.#random, this.#additions)()
  }

  readonly #additions: readonly (() => unknown)[] = [
    () => this.#decorate(this.#writeFile(this.#newPath(), this.#random.integer(60_000))),
    () => this.#decorate(this.#writeFile(this.#newPath(), this.#random.integer(300))),
    () => this.#decorate(this.#writeFile(this.#newPath(), chosen(this.#random, smallBoundarySizes))),
    () => this.#addFolder(),
    () => this.#addSymlink(),
    () => this.#addLink(),
    () => this.#addCopy(),
    () => this.#addSpecial(),
  ]

  readonly #mutations: readonly (readonly [name: string, change: () => boolean])[] = [
    ['edit', () => this.#onFile(({ path, file }) => this.#edit(path, file, false))],
    ['edit and keep times', () => this.#onFile(({ path, file }) => this.#edit(path, file, true))],
    ['append', () => this.#onFile(({ path, file }) => this.#append(path, file))],
    ['insert', () => this.#onFile(({ path, file }) => this.#insert(path, file))],
    ['truncate', () => this.#onFile(({ path, file }) => this.#truncate(path, file))],
    ['replace', () => this.#onFile(({ path }) => this.#plan.replaceFile(path, this.#content(this.#random.integer(100_000))))],
    ['rename', () => this.#onEntry((path) => this.#plan.rename(path, this.#newPathOutside(path)))],
    ['remove', () => this.#onEntry((path) => this.#plan.remove(path))],
    ['change type', () => this.#onEntry((path) => this.#changeType(path))],
    ['metadata of a file', () => this.#onFile(({ path }) => this.#redecorate(path))],
    ['metadata of a folder', () => this.#decorateFolder(this.#folder())],
    ['add', () => chosen(this.#random, this.#additions)() !== undefined],
    ['add', () => chosen(this.#random, this.#additions)() !== undefined],
  ]

  #addFolder(): boolean {
    const path = this.#newPath()
    this.#plan.addFolder(path)
    return this.#decorateFolder(path)
  }

  #decorateFolder(path: ByteString): boolean {
    const [seconds, nanoseconds] = chosen(this.#random, awkwardTimes)
    this.#setOwner(path)
    if (this.#oneIn(3)) this.#plan.change({ do: 'mode', path, mode: this.#mode(folderModes) })
    if (this.#oneIn(6)) this.#plan.change({ do: 'attribute', path, ...chosen(this.#random, userAttributes), optional: true })
    if (this.#oneIn(10)) this.#plan.change({ do: 'attribute', path, ...chosen(this.#random, inheritedAccessLists), optional: true })
    // Whatever else happens in the folder would change its time again.
    if (this.#oneIn(2)) this.#plan.finally({ do: 'times', path, seconds, nanoseconds })
    return true
  }

  #writeFile(path: ByteString, size: number): ByteString {
    this.#plan.writeFile(path, this.#content(size))
    return path
  }

  #decorate(path: ByteString): boolean {
    if (this.#oneIn(3)) return true
    this.#setOwner(path)
    if (this.#oneIn(3)) this.#plan.change({ do: 'attribute', path, ...chosen(this.#random, userAttributes), optional: true })
    if (this.#oneIn(8)) this.#plan.change({ do: 'attribute', path, ...chosen(this.#random, userAttributes), optional: true })
    if (this.#asRoot && this.#oneIn(8))
      this.#plan.change({ do: 'attribute', path, ...chosen(this.#random, rootAttributes), optional: true })
    if (this.#oneIn(2)) this.#plan.change({ do: 'mode', path, mode: this.#mode(fileModes) })
    if (this.#oneIn(12)) this.#plan.change({ do: 'attribute', path, ...chosen(this.#random, accessLists), optional: true })
    if (this.#asRoot && this.#oneIn(12)) this.#plan.change({ do: 'attribute', path, ...fileCapability, optional: true })
    return this.#setTimes(path)
  }

  #redecorate(path: ByteString): boolean {
    if (this.#oneIn(3)) this.#plan.change({ do: 'removeAttributes', path })
    return this.#decorate(path)
  }

  #setOwner(path: ByteString): void {
    if (!this.#asRoot || this.#oneIn(2)) return
    this.#plan.change({ do: 'owner', path, uid: chosen(this.#random, owners), gid: chosen(this.#random, owners) })
  }

  #setTimes(path: ByteString): boolean {
    const [seconds, nanoseconds] = chosen(this.#random, awkwardTimes)
    if (this.#oneIn(2)) this.#plan.change({ do: 'times', path, seconds, nanoseconds })
    return true
  }

  #addSymlink(path = this.#newPath()): boolean {
    this.#plan.addOther({ do: 'symlink', path, target: chosen(this.#random, linkTargets) })
    this.#setOwner(path)
    if (this.#asRoot && this.#oneIn(4))
      this.#plan.change({ do: 'attribute', path, ...chosen(this.#random, rootAttributes), optional: true })
    return this.#setTimes(path)
  }

  #addLink(): boolean {
    return this.#onFile(({ path, file }) => this.#plan.link(path, file, this.#newPath()))
  }

  #addCopy(): boolean {
    return this.#onFile(({ path, file }) => this.#plan.copy(path, file, this.#newPath()))
  }

  #addSpecial(path = this.#newPath()): boolean {
    const isDevice = this.#asRoot && this.#oneIn(2)
    const kind = this.#oneIn(2) ? 'block' : 'character'
    if (isDevice)
      this.#plan.addOther({ do: 'device', path, kind, major: this.#random.integer(4000), minor: this.#random.integer(1_000_000) })
    else this.#plan.addOther({ do: 'fifo', path })
    this.#setOwner(path)
    if (this.#oneIn(2)) this.#plan.change({ do: 'mode', path, mode: this.#mode(fileModes) })
    return this.#setTimes(path)
  }

  /** Files that a database would have, which are cut at fixed places. */
  #addDatabase(): void {
    const folder = this.#newPath()
    this.#plan.addFolder(folder)
    this.#writeFile(`${folder}/PG_VERSION`, 3)
    this.#plan.addFolder(`${folder}/base`)
    for (const [i, pages] of [0, 1, 63, 64, 65, 130].entries()) this.#writeFile(`${folder}/base/${16384 + i}`, pages * 8192)
    this.#writeFile(`${folder}/base/16384_fsm`, 24_576)
  }

  #edit(path: ByteString, file: KnownFile, keepTimes: boolean): boolean {
    if (file.size === 0) return false
    const length = Math.min(1 + this.#random.integer(10_000), file.size)
    const offset = this.#random.integer(file.size - length + 1)
    this.#plan.change({ do: 'edit', path, offset, pieces: this.#content(length).filter(([kind]) => kind !== 'hole'), keepTimes })
    return true
  }

  #append(path: ByteString, file: KnownFile): boolean {
    const length = 1 + this.#random.integer(50_000)
    this.#plan.change({ do: 'edit', path, offset: file.size, pieces: [['random', length, this.#random.integer(2 ** 31)]] })
    file.size += length
    return true
  }

  #insert(path: ByteString, file: KnownFile): boolean {
    const length = 1 + this.#random.integer(1000)
    this.#plan.change({
      do: 'insert',
      path,
      offset: this.#random.integer(file.size + 1),
      pieces: [['text', length, this.#random.integer(2 ** 31)]],
    })
    file.size += length
    return true
  }

  #truncate(path: ByteString, file: KnownFile): boolean {
    file.size = this.#random.integer(file.size + 1)
    this.#plan.change({ do: 'truncate', path, length: file.size })
    return true
  }

  #changeType(path: ByteString): boolean {
    const wasFile = this.#plan.fileAt(path) !== undefined
    this.#plan.remove(path)
    if (!wasFile) return this.#decorate(this.#writeFile(path, this.#random.integer(3000)))
    if (this.#oneIn(2)) return this.#addSymlink(path)
    if (this.#oneIn(2)) return this.#addSpecial(path)
    this.#plan.addFolder(path)
    this.#writeFile(`${path}/inside`, 10)
    return this.#decorateFolder(path)
  }

  #content(size: number) {
    return generatedContent(size, this.#random)
  }

  #mode({ anybody, root }: { readonly anybody: readonly number[]; readonly root: readonly number[] }): number {
    return chosen(this.#random, this.#asRoot ? [...anybody, ...root] : anybody)
  }

  #newPath(): ByteString {
    const isAwkward = this.#oneIn(3)
    return this.#plan.newPath(this.#folder(), isAwkward ? chosen(this.#random, awkwardNames) : `entry-${this.#random.integer(1e6)}`)
  }

  /** A place that is not inside of `path`, where a folder cannot go. */
  #newPathOutside(path: ByteString): ByteString {
    const found = this.#newPath()
    return found.startsWith(`${path}/`) ? this.#plan.newPath('', 'moved') : found
  }

  #folder(): ByteString {
    return chosen(this.#random, this.#plan.folders)
  }

  #onFile(act: (chosen: { readonly path: ByteString; readonly file: KnownFile }) => boolean): boolean {
    const { files } = this.#plan
    return files.length > 0 && act(chosen(this.#random, files))
  }

  #onEntry(act: (path: ByteString) => boolean): boolean {
    const { dispensable } = this.#plan
    return dispensable.length > 0 && act(chosen(this.#random, dispensable))
  }

  #oneIn(n: number): boolean {
    return this.#random.integer(n) === 0
  }

  async #carryOut(): Promise<void> {
    await this.#process.change(this.#plan.takeOperations())
  }
}
