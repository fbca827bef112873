/** ES2026's, which TypeScript's library does not know yet. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown }

/** A value as one line of JSON, the way restic's encoder writes it: safe inside of HTML, 64-bit numbers exact, broken UTF-8 replaced. */
export function goJson(value: unknown): string {
  return JSON.stringify(value, exact).replace(/[<>&\u2028\u2029]/g, escapeOf)
}

function exact(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return rawJSON(String(value))
  return typeof value === 'string' ? value.toWellFormed() : value
}

function escapeOf(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
