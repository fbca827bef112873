import { type ByteString, bytesOf } from '@coffre/foundation'

/** A string in which each unit is a byte: what the rules of Go's strings are followed on. ASCII is its own byte text. */
export type ByteText = string

const ascii = /^[\0-\x7f]*$/

export function byteTextOf(path: ByteString): ByteText {
  return ascii.test(path) ? path : bytesOf(path).toString('latin1')
}

/** As Go's strings.ToLower: character by character, and U+FFFD for bytes that are not UTF-8. */
export function goLowerCase(text: ByteString): ByteString {
  return ascii.test(text) ? text.toLowerCase() : Array.from(text, lowerCharacter).join('')
}

function lowerCharacter(character: string): string {
  if (character >= '\ud800' && character <= '\udfff' && character.length === 1) return '\ufffd'
  if (character === '\u0130') return 'i'
  const lower = character.toLowerCase()
  return [...lower].length === 1 ? lower : character
}
