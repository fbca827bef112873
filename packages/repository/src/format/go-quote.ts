import { type ByteString, byteStringFrom } from '@coffre/foundation'
import { isGoPrintable } from './go-printable.ts'

const plain = /^[ !#-[\]-~]*$/
const letterOf = new Map([['\x07', 'a'], ['\b', 'b'], ['\f', 'f'], ['\n', 'n'], ['\r', 'r'], ['\t', 't'], ['\v', 'v'], ['"', '"'], ['\\', '\\']])
const characterOf = new Map([...letterOf].map(([character, letter]) => [letter, character]))

/** What Go's strconv.Quote puts between its quotes. Always valid UTF-8, whatever bytes the name has. */
export function goQuote(name: ByteString): string {
  if (plain.test(name)) return name
  let quoted = ''
  for (const character of name) quoted += quoteCharacter(character)
  return quoted
}

/** The inverse of goQuote; undefined where Go's strconv.Unquote reports a syntax error. */
export function goUnquote(quoted: string): ByteString | undefined {
  if (plain.test(quoted)) return quoted
  if (!/["\\\n]/.test(quoted)) return quoted.toWellFormed()
  const parts: Buffer[] = []
  const syntax = /([^"\\\n]+)|\\([abfnrtv"\\])|\\x([0-9a-fA-F]{2})|\\([0-7]{3})|\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})/y
  while (syntax.lastIndex < quoted.length) {
    const match = syntax.exec(quoted)
    if (match === null) return undefined
    const [, text, letter, hexByte, octalByte, short, long] = match
    const codePoint = short ?? long
    if (text !== undefined) parts.push(Buffer.from(text))
    else if (letter !== undefined) parts.push(Buffer.from(characterOf.get(letter) ?? ''))
    else if (codePoint === undefined) {
      const byte = hexByte === undefined ? Number.parseInt(octalByte ?? '', 8) : Number.parseInt(hexByte, 16)
      if (byte > 255) return undefined
      parts.push(Buffer.of(byte))
    } else {
      const value = Number.parseInt(codePoint, 16)
      if (value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return undefined
      parts.push(Buffer.from(String.fromCodePoint(value)))
    }
  }
  return byteStringFrom(Buffer.concat(parts))
}

function quoteCharacter(character: string): string {
  const letter = letterOf.get(character)
  if (letter !== undefined) return `\\${letter}`
  const codePoint = character.codePointAt(0) ?? 0
  if (codePoint >= 0xd800 && codePoint <= 0xdfff) return `\\x${hex(codePoint - 0xdc00, 2)}`
  if (isGoPrintable(codePoint)) return character
  if (codePoint < 0x20 || codePoint === 0x7f) return `\\x${hex(codePoint, 2)}`
  return codePoint < 0x10000 ? `\\u${hex(codePoint, 4)}` : `\\U${hex(codePoint, 8)}`
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}
