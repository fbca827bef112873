import { type ByteString, byteStringFrom } from '@coffre/foundation'
import { isGoPrintable } from './go-printable.ts'

const plain = /^[ !#-[\]-~]*$/
const letterOf = new Map([
  ['\x07', 'a'],
  ['\b', 'b'],
  ['\f', 'f'],
  ['\n', 'n'],
  ['\r', 'r'],
  ['\t', 't'],
  ['\v', 'v'],
  ['"', '"'],
  ['\\', '\\'],
])
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
    const part = match === null ? undefined : bytesOfMatch(match)
    if (part === undefined) return undefined
    parts.push(part)
  }
  return byteStringFrom(Buffer.concat(parts))
}

function bytesOfMatch([, text, letter, hexByte, octalByte, short, long]: RegExpExecArray): Buffer | undefined {
  if (text !== undefined) return Buffer.from(text)
  if (letter !== undefined) return Buffer.from(characterOf.get(letter) ?? '')
  if (hexByte !== undefined) return Buffer.from(hexByte, 'hex')
  if (octalByte !== undefined) return octalByte < '400' ? Buffer.of(Number.parseInt(octalByte, 8)) : undefined
  const codePoint = Number.parseInt(short ?? long ?? '', 16)
  const isCharacter = codePoint <= 0x10ffff && (codePoint < 0xd800 || codePoint > 0xdfff)
  return isCharacter ? Buffer.from(String.fromCodePoint(codePoint)) : undefined
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
