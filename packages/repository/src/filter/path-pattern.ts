import type { ByteText } from './byte-text.ts'
import { cleanPath } from './clean-path.ts'
import { compileGlob, type Glob } from './glob.ts'

/** A part of a pattern: a name, a glob, or `**` for any number of components. */
type Part = string | Glob | typeof anyDepth
const anyDepth = Symbol('**')
const anyName: Part = (name) => name !== '/'

/** The components of a path; that of the root is '/'. */
export type Components = readonly ByteText[]

export function componentsOf(path: ByteText): ByteText[] {
  const parts = path.split('/')
  if (parts[0] === '') parts[0] = '/'
  return parts
}

/**
 * One pattern of restic's include and exclude options, compiled. It matches a path when it matches successive components of it, the
 * first ones if it begins with a slash; hence it matches all that lies below, too.
 */
export class PathPattern {
  /** `!`: takes back what earlier patterns matched. */
  readonly isNegated: boolean
  readonly isRooted: boolean
  readonly #parts: readonly Part[]
  /** Where the first `**` is, or -1. */
  readonly #deep: number
  readonly #deepCount: number
  readonly #before: readonly Part[]
  readonly #after: readonly Part[]

  private constructor(parts: readonly Part[], isNegated: boolean, isRooted: boolean) {
    this.#parts = parts
    this.isNegated = isNegated
    this.isRooted = isRooted
    this.#deep = parts.indexOf(anyDepth)
    this.#deepCount = parts.filter((part) => part === anyDepth).length
    this.#before = parts.slice(0, this.#deep)
    this.#after = parts.slice(this.#deep + 1)
  }

  /** Undefined when a part is malformed. */
  static parse(pattern: ByteText): PathPattern | undefined {
    const isNegated = pattern.startsWith('!')
    const components = componentsOf(cleanPath(isNegated ? pattern.slice(1) : pattern))
    const parts = components.map(compilePart)
    if (parts.includes(undefined)) return undefined
    return new PathPattern(parts as Part[], isNegated, components[0] === '/')
  }

  /** The name or glob that this pattern is, when any component of a path may match it. */
  get single(): string | Glob | undefined {
    const [part] = this.#parts
    return this.#parts.length === 1 && !this.isRooted && part !== anyDepth ? part : undefined
  }

  matches(path: Components): boolean {
    if (this.#deepCount === 0) return matchFlat(this.#parts, this.isRooted, path)
    if (this.#deepCount === 1) return matchDeep(this.#before, this.#after, this.isRooted, path)
    return matchDeepest(this.#parts, this.isRooted, path)
  }

  /** Whether something below `path` can match. */
  mayMatchBelow(path: Components): boolean {
    if (!this.isRooted) return true
    const prefix = this.#deep >= 0 && path.length >= this.#deep ? path.slice(0, this.#deep) : path
    return matchFlat(this.#parts.slice(0, prefix.length), true, prefix)
  }
}

function compilePart(part: string): Part | undefined {
  // The pattern '/' has an empty second component, which restic takes for '**'.
  if (part === '**' || part === '') return anyDepth
  return /[\\[\]*?]/.test(part) ? compileGlob(part) : part
}

/** With one `**` between the parts. */
function matchDeep(before: readonly Part[], after: readonly Part[], isRooted: boolean, path: Components): boolean {
  const first = !isRooted && path[0] === '/' ? 1 : 0
  const last = isRooted ? 0 : path.length - before.length - after.length
  const fixed = before.length + after.length
  if (fixed === 0 || path.length < fixed) return fixed === 0 && path.length > first
  for (let offset = first; offset <= last; offset++) {
    if (!matchesAt(before, path, offset)) continue
    for (let start = offset + before.length; start <= path.length - after.length; start++)
      if (matchesAt(after, path, start)) return true
  }
  return false
}

/** With several: as in restic, each becomes any number of stars, one after the other, while the later ones count as one component. */
function matchDeepest(parts: readonly Part[], isRooted: boolean, path: Components): boolean {
  const deep = parts.indexOf(anyDepth)
  if (deep < 0) return matchFlat(parts, isRooted, path)
  for (let count = 0; count <= path.length - parts.length + 1; count++) {
    const expanded = [...parts.slice(0, deep), ...new Array<Part>(count).fill(anyName), ...parts.slice(deep + 1)]
    if (matchDeepest(expanded, isRooted, path)) return true
  }
  return false
}

function matchFlat(parts: readonly Part[], isRooted: boolean, path: Components): boolean {
  if (parts.length === 0) return path.length === 0
  const first = !isRooted && path[0] === '/' ? 1 : 0
  const last = isRooted ? 0 : path.length - parts.length
  if (parts.length > path.length) return false
  for (let offset = last; offset >= first; offset--) if (matchesAt(parts, path, offset)) return true
  return false
}

function matchesAt(parts: readonly Part[], path: Components, offset: number): boolean {
  for (let i = parts.length - 1; i >= 0; i--) {
    const part = parts[i]
    const name = path[offset + i] as string
    if (typeof part === 'string' ? part !== name : typeof part === 'function' && !part(name)) return false
  }
  return true
}
