import { type ByteString, bytesOf, CoffreError } from '@coffre/foundation'

/** The marker of --exclude-caches: see https://bford.info/cachedir/. */
export const cacheFolderMarker = 'CACHEDIR.TAG:Signature: 8a477f597d28d172789f06886806bc55'

/** What a marker has to know of the files. Both may throw. */
export interface MarkerLookup {
  /** Whether there is anything under this path; a link is not followed. */
  exists(path: ByteString): boolean
  /** The first bytes of a file, as many as there are up to `length`. */
  readStart(path: ByteString, length: number): Uint8Array
}

/** Folders on the way down are asked for again and again, others hardly. */
const rememberedFolders = 64

/** One `--exclude-if-present NAME[:HEADER]`: all in a folder is excluded that has a file NAME which begins with HEADER; but not that file. */
export class FolderMarker {
  readonly #name: ByteString
  readonly #header: Uint8Array
  readonly #lookup: MarkerLookup
  readonly #onWarning: (message: string) => void
  readonly #decisions = new Map<ByteString, boolean>()

  /** `onWarning` is told of markers that cannot be read or begin otherwise; these do not exclude. */
  constructor(spec: ByteString, lookup: MarkerLookup, onWarning: (message: string) => void) {
    const colon = spec.indexOf(':')
    this.#name = colon < 0 ? spec : spec.slice(0, colon)
    this.#header = bytesOf(colon < 0 ? '' : spec.slice(colon + 1))
    this.#lookup = lookup
    this.#onWarning = onWarning
    if (this.#name === '')
      throw new CoffreError('usage.invalid', `"${spec}" does not name a file that marks folders`, {
        hint: 'Give NAME or NAME:HEADER.',
      })
  }

  /** `path` is absolute and clean. */
  excludes(path: ByteString): boolean {
    const slash = path.lastIndexOf('/')
    if (path.slice(slash + 1) === this.#name) return false
    const folder = slash <= 0 ? '/' : path.slice(0, slash)
    const decision = this.#decisions.get(folder) ?? this.#decide(folder)
    this.#decisions.delete(folder)
    this.#decisions.set(folder, decision)
    const [oldest] = this.#decisions.keys()
    if (this.#decisions.size > rememberedFolders && oldest !== undefined) this.#decisions.delete(oldest)
    return decision
  }

  #decide(folder: ByteString): boolean {
    const path = folder === '/' ? `/${this.#name}` : `${folder}/${this.#name}`
    try {
      if (!this.#lookup.exists(path)) return false
      if (this.#header.length === 0) return true
      const start = this.#lookup.readStart(path, this.#header.length)
      if (Buffer.compare(start, this.#header) === 0) return true
      this.#onWarning(`the marker ${JSON.stringify(path)} does not begin as it should`)
    } catch (error) {
      this.#onWarning(
        `the marker ${JSON.stringify(path)} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      )
    }
    return false
  }
}
