import type { ByteString } from '@coffre/foundation'

const plain = /^[ !#-%'-;=?-[\]-~]*$/
/** With the u flag a surrogate matches only where it is alone: a byte that is not UTF-8. */
const escaped = /["\\<>&\u0000-\u001f\u2028\u2029\ud800-\udfff]/gu

/** A JSON string, its quotes included, as Go's encoding/json prints it: HTML-safe, and with U+FFFD for each byte that is not UTF-8. */
export function goJsonString(text: ByteString): string {
  return plain.test(text) ? `"${text}"` : `"${text.replace(escaped, escapeOf)}"`
}

/** JSON text as Go's encoding/json prints raw messages: HTML-safe. Only strings can hold what is replaced. */
export function goJsonRaw(json: string): string {
  return json.replace(/[<>&\u2028\u2029]/g, escapeOf)
}

/** Binary data as Go's encoding/json prints it. */
export function goJsonBytes(bytes: Uint8Array): string {
  return `"${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')}"`
}

const shortEscapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
}

function escapeOf(character: string): string {
  const unit = character.charCodeAt(0)
  if (unit >= 0xd800 && unit <= 0xdfff) return '\\ufffd'
  return shortEscapes[character] ?? `\\u${unit.toString(16).padStart(4, '0')}`
}
