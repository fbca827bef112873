import type { ByteString } from '@coffre/foundation'

/** Cc, Cf, Cs, Zl and Zp are Unicode's names for controls, format characters, surrogates, line and paragraph separators. */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\\]/u

/** A path for people to read: control characters and bytes that are not UTF-8 as `\x1b`, a backslash as `\\`. */
export function printablePath(path: ByteString): string {
  if (!unprintable.test(path)) return path
  let text = ''
  for (const character of path) text += unprintable.test(character) ? escaped(character) : character
  return text
}

function escaped(character: string): string {
  if (character === '\\') return '\\\\'
  if (character === '\n') return '\\n'
  if (character === '\t') return '\\t'
  const code = character.codePointAt(0) ?? 0
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${(code - 0xdc00).toString(16)}`
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`
}
