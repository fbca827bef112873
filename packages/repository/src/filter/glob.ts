/**
 * One component of a pattern, with the semantics of Go's filepath.Match on Unix: `*` any bytes, `?` any character, `[a-z]` and
 * `[^a-z]` classes, `\` takes away the meaning of what follows. Works on byte texts: strings in which each unit is a byte.
 */
export type Glob = (name: string) => boolean

/** Undefined when the pattern is malformed. */
export function compileGlob(pattern: string): Glob | undefined {
  if (/^\*+$/.test(pattern)) return (name) => name !== '/'
  const plain = /^(\*?)([^*?[\]\\]*)(\*?)$/.exec(pattern)
  if (plain !== null) return plainGlob(plain[2] ?? '', plain[1] === '*', plain[3] === '*')
  const chunks = parseChunks(pattern)
  return chunks && ((name) => matchChunks(chunks, name))
}

function plainGlob(literal: string, openStart: boolean, openEnd: boolean): Glob {
  if (openStart && openEnd) return (name) => name.includes(literal)
  if (openStart) return (name) => name.endsWith(literal)
  if (openEnd) return (name) => name.startsWith(literal)
  return (name) => name === literal
}

interface CharacterClass {
  readonly isNegated: boolean
  readonly ranges: readonly (readonly [low: number, high: number])[]
}

/** A byte, any character, or one of a class. */
type Token = number | 'any' | CharacterClass

/** What stands between two stars. */
interface Chunk {
  readonly afterStar: boolean
  readonly tokens: readonly Token[]
}

const invalidCharacter = 0xfffd
const open = '['.charCodeAt(0)
const close = ']'.charCodeAt(0)
const star = '*'.charCodeAt(0)
const question = '?'.charCodeAt(0)
const backslash = '\\'.charCodeAt(0)

function parseChunks(pattern: string): Chunk[] | undefined {
  const chunks: Chunk[] = []
  let tokens: Token[] = []
  let afterStar = false
  for (let at = 0; at < pattern.length; ) {
    const byte = pattern.charCodeAt(at)
    if (byte === star) {
      if (tokens.length > 0) chunks.push({ afterStar, tokens })
      tokens = []
      afterStar = true
      at++
    } else if (byte === open) {
      const parsed = parseClass(pattern, at + 1)
      if (parsed === undefined) return undefined
      tokens.push(parsed.class)
      at = parsed.end
    } else {
      if (byte === backslash) at++
      if (at === pattern.length) return undefined
      tokens.push(byte === question ? 'any' : pattern.charCodeAt(at))
      at++
    }
  }
  if (tokens.length > 0 || afterStar) chunks.push({ afterStar, tokens })
  return chunks
}

function parseClass(pattern: string, begin: number): { readonly class: CharacterClass; readonly end: number } | undefined {
  const isNegated = pattern[begin] === '^'
  const ranges: [number, number][] = []
  let at = isNegated ? begin + 1 : begin
  while (ranges.length === 0 || pattern.charCodeAt(at) !== close) {
    const low = parseClassCharacter(pattern, at)
    if (low === undefined) return undefined
    at = low.end
    let high = low
    if (pattern[at] === '-') {
      const parsed = parseClassCharacter(pattern, at + 1)
      if (parsed === undefined) return undefined
      high = parsed
      at = parsed.end
    }
    ranges.push([low.character, high.character])
  }
  return { class: { isNegated, ranges }, end: at + 1 }
}

/** Undefined for what has to be escaped, for what is not UTF-8, and where nothing follows that could end the class. */
function parseClassCharacter(pattern: string, begin: number): { readonly character: number; readonly end: number } | undefined {
  if (pattern[begin] === '-' || pattern[begin] === ']') return undefined
  const at = pattern[begin] === '\\' ? begin + 1 : begin
  if (at >= pattern.length) return undefined
  const character = characterAt(pattern, at)
  const end = at + characterLength(pattern, at)
  const isInvalid = character === invalidCharacter && end === at + 1
  return isInvalid || end >= pattern.length ? undefined : { character, end }
}

function matchChunks(chunks: readonly Chunk[], name: string): boolean {
  let at = 0
  for (const [i, chunk] of chunks.entries()) {
    const isLast = i === chunks.length - 1
    if (chunk.tokens.length === 0) return !name.includes('/', at)
    let end = matchTokens(chunk.tokens, name, at)
    while (end < 0 || (isLast && end < name.length)) {
      if (!chunk.afterStar || at >= name.length || name[at] === '/') return false
      at++
      end = matchTokens(chunk.tokens, name, at)
    }
    at = end
  }
  return at === name.length
}

/** Where the tokens end in the name when they match from `at` on, or -1. */
function matchTokens(tokens: readonly Token[], name: string, begin: number): number {
  let at = begin
  for (const token of tokens) {
    if (at >= name.length) return -1
    if (typeof token === 'number') {
      if (name.charCodeAt(at) !== token) return -1
      at++
    } else {
      if (token === 'any' ? name[at] === '/' : !isInClass(token, characterAt(name, at))) return -1
      at += characterLength(name, at)
    }
  }
  return at
}

function isInClass({ isNegated, ranges }: CharacterClass, character: number): boolean {
  return ranges.some(([low, high]) => low <= character && character <= high) !== isNegated
}

/** The character that begins at a byte; U+FFFD where it is not UTF-8. */
function characterAt(bytes: string, at: number): number {
  const first = bytes.charCodeAt(at)
  const length = characterLength(bytes, at)
  if (length === 1) return first < 0x80 ? first : invalidCharacter
  return (
    Buffer.from(bytes.slice(at, at + length), 'latin1')
      .toString()
      .codePointAt(0) ?? invalidCharacter
  )
}

/** The length in bytes of the character at `at`; 1 for a byte that is not UTF-8. */
function characterLength(bytes: string, at: number): number {
  const first = bytes.charCodeAt(at)
  if (first < 0xc2 || first > 0xf4) return 1
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
  const text = Buffer.from(bytes.slice(at, at + length), 'latin1')
  return text.length === length && [...text.toString()].length === 1 && !isReplaced(text) ? length : 1
}

function isReplaced(bytes: Buffer): boolean {
  return !Buffer.from(bytes.toString()).equals(bytes)
}
