import { type ByteString, CoffreError } from '@coffre/foundation'
import { type ByteText, byteTextOf, goLowerCase } from './byte-text.ts'
import type { Glob } from './glob.ts'
import { type Components, componentsOf, PathPattern } from './path-pattern.ts'

export interface PatternMatch {
  readonly matched: boolean
  /** Whether something below may match, so that a folder has to be entered. */
  readonly childMayMatch: boolean
}

/**
 * The patterns of one of restic's options (--exclude, --iinclude and so on), in the order given: the last ones that match decide when
 * there are negated ones. Made for walks: paths of one folder in succession share the work for it.
 */
export class PatternList {
  readonly isEmpty: boolean
  readonly #ignoresCase: boolean
  readonly #patterns: readonly PathPattern[]
  readonly #hasNegated: boolean
  /** Patterns of one component without a slash, by what they are; the others. */
  readonly #names = new Set<string>()
  readonly #globs: Glob[] = []
  readonly #others: PathPattern[] = []
  #folder: ByteText | undefined
  #folderComponents: ByteText[] = []
  #folderMatched = false

  /** Empty patterns are ignored; malformed ones are `usage.invalid`, with `option` in the message. */
  constructor(patterns: readonly ByteString[], option: string, ignoresCase = false) {
    this.#ignoresCase = ignoresCase
    this.#patterns = parsePatterns(patterns, option, ignoresCase)
    this.isEmpty = this.#patterns.length === 0
    this.#hasNegated = this.#patterns.some(({ isNegated }) => isNegated)
    for (const pattern of this.#patterns) {
      const { single } = pattern
      if (typeof single === 'string') this.#names.add(single)
      else if (single !== undefined) this.#globs.push(single)
      else this.#others.push(pattern)
    }
  }

  /** Whether the path or a folder above it is meant. Never true for an empty list. */
  matches(path: ByteString): boolean {
    if (this.isEmpty) return false
    const text = this.#textOf(path)
    return this.#hasNegated ? this.#matchInOrder(componentsOf(text)).matched : this.#matchInFolder(text)
  }

  match(path: ByteString): PatternMatch {
    return this.#matchInOrder(componentsOf(this.#textOf(path)))
  }

  #textOf(path: ByteString): ByteText {
    return byteTextOf(this.#ignoresCase ? goLowerCase(path) : path)
  }

  #matchInFolder(text: ByteText): boolean {
    const slash = text.lastIndexOf('/')
    // The root, and what lies in it, are too few to be made faster.
    if (slash <= 0) return this.#matchInOrder(componentsOf(text)).matched
    const folder = text.slice(0, slash)
    if (folder !== this.#folder) this.#enter(folder)
    if (this.#folderMatched) return true
    const name = text.slice(slash + 1)
    if (this.#matchesSingle(name)) return true
    if (this.#others.length === 0) return false
    this.#folderComponents.push(name)
    const matched = this.#others.some((pattern) => pattern.matches(this.#folderComponents))
    this.#folderComponents.pop()
    return matched
  }

  #enter(folder: ByteText): void {
    this.#folder = folder
    this.#folderComponents = componentsOf(folder)
    const first = this.#folderComponents[0] === '/' ? 1 : 0
    this.#folderMatched = this.#folderComponents.some((name, i) => i >= first && this.#matchesSingle(name))
  }

  #matchesSingle(name: ByteText): boolean {
    if (this.#names.has(name)) return true
    for (const glob of this.#globs) if (glob(name)) return true
    return false
  }

  #matchInOrder(path: Components): PatternMatch {
    let matched = false
    let childMayMatch = false
    for (const pattern of this.#patterns) {
      const matches = pattern.matches(path)
      if (pattern.isNegated) {
        matched &&= !matches
        childMayMatch &&= !matches
      } else {
        matched ||= matches
        childMayMatch ||= pattern.mayMatchBelow(path)
      }
    }
    return { matched, childMayMatch }
  }
}

function parsePatterns(patterns: readonly ByteString[], option: string, ignoresCase: boolean): PathPattern[] {
  const parsed: PathPattern[] = []
  const malformed: ByteString[] = []
  for (const pattern of patterns) {
    if (pattern === '') continue
    const compiled = PathPattern.parse(byteTextOf(ignoresCase ? goLowerCase(pattern) : pattern))
    if (compiled === undefined) malformed.push(pattern)
    else parsed.push(compiled)
  }
  if (malformed.length === 0) return parsed
  throw new CoffreError(
    'usage.invalid',
    `${option}: malformed patterns: ${malformed.map((pattern) => JSON.stringify(pattern)).join(', ')}`,
    {
      hint: 'In a pattern [ begins a set of characters that ] ends, and \\ takes away the meaning of the next character.',
    },
  )
}
