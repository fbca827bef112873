/** JSON text of a field's value; a field whose value is undefined is left out. */
export type JsonText = string | number | bigint | boolean | undefined

/** An object as Go's encoding/json prints it: the fields in the order given, strings already in their quotes. */
export function jsonObject(fields: Readonly<Record<string, JsonText>>): string {
  const parts: string[] = []
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) parts.push(`"${name}":${value}`)
  return `{${parts.join(',')}}`
}

/** The value, or undefined for Go's zero value: the field is then left out, as by `omitempty`. */
export function unlessZero<T extends number | bigint>(value: T | undefined): T | undefined {
  return value === undefined || value === 0 || value === 0n ? undefined : value
}

/** The same JSON in lines, two spaces for each level, no token changed; as Go's json.Indent prints it. */
export function indentJson(json: string): string {
  let text = ''
  let depth = 0
  const newLine = (): string => `\n${'  '.repeat(depth)}`
  for (let at = 0; at < json.length; at++) {
    const character = json[at] ?? ''
    if (character === '"') {
      const end = endOfString(json, at)
      text += json.slice(at, end)
      at = end - 1
    } else if (character === '{' || character === '[') {
      const isEmpty = json[at + 1] === '}' || json[at + 1] === ']'
      if (isEmpty) text += character + json[++at]
      else {
        depth++
        text += character + newLine()
      }
    } else if (character === '}' || character === ']') {
      depth--
      text += newLine() + character
    } else if (character === ',') text += `,${newLine()}`
    else if (character === ':') text += ': '
    else text += character
  }
  return text
}

function endOfString(json: string, begin: number): number {
  let at = begin + 1
  while (at < json.length && json[at] !== '"') at += json[at] === '\\' ? 2 : 1
  return at + 1
}
