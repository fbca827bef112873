import type { ByteString } from '@coffre/foundation'

const unprintable = /[\0-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\\]/u

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
  const code = character.charCodeAt(0)
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${(code - 0xdc00).toString(16)}`
  return code < 0x80 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
}
