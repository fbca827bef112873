const unprintable = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\ud800-\udfff]/gu
const needsCare = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\ud800-\udfff]/u

/** Text that cannot confuse a terminal: control characters, but for tab and newline, and bytes that are not UTF-8 as `\x1b`. */
export function printable(text: string): string {
  if (!needsCare.test(text)) return text
  return text.replace(unprintable, (character) => {
    const code = character.charCodeAt(0)
    if (code >= 0xdc80 && code <= 0xdcff) return `\\x${(code - 0xdc00).toString(16)}`
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`
  })
}
