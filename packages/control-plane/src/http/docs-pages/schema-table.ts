import { type Html, html } from './html.ts'
import type { PageWords } from './page-words.ts'

/** The parts of a JSON Schema that the page shows. */
interface ShownSchema {
  readonly $ref?: string
  readonly type?: string
  readonly format?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly default?: unknown
  readonly description?: string | undefined
  readonly examples?: readonly unknown[]
  readonly properties?: Readonly<Record<string, ShownSchema>>
  readonly required?: readonly string[]
  readonly items?: ShownSchema
  readonly anyOf?: readonly ShownSchema[]
  readonly oneOf?: readonly ShownSchema[]
  readonly additionalProperties?: ShownSchema | boolean
}

const depthMax = 4

/** A table with a row for each member of an object, and of the objects in it; or the type of what is none. */
export function schemaTable(schema: unknown, words: PageWords): Html {
  const shown = schema as ShownSchema
  const rows = rowsOf('', shown, words, 0)
  const example =
    shown.examples?.[0] === undefined ? undefined : html`<pre><code>${JSON.stringify(shown.examples[0], null, 2)}</code></pre>`
  if (rows.length === 0) return html`<p>${typeOf(shown)} ${shown.description}</p>${example}`
  return html`<table>
<tr><th>${words.name}</th><th>${words.type}</th><th>${words.meaning}</th></tr>
${rows}
</table>${example}`
}

function rowsOf(prefix: string, schema: ShownSchema, words: PageWords, depth: number): Html[] {
  if (depth > depthMax) return []
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, member]) => {
    const isRequired = schema.required?.includes(name) === true
    const meaning = [isRequired ? words.required : '', member.description ?? '', defaultOf(member)]
      .filter((part) => part !== '')
      .join('; ')
    const row = html`<tr><td><code>${prefix}${name}</code></td><td>${typeOf(member)}</td><td>${meaning}</td></tr>`
    return [row, ...rowsOf(`${prefix}${name}.`, member, words, depth + 1)]
  })
  const inner = [...(schema.items === undefined ? [] : [schema.items]), ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]
  return [...own, ...inner.flatMap((part) => rowsOf(prefix, part, words, depth))]
}

function defaultOf({ default: value }: ShownSchema): string {
  return value === undefined ? '' : `= ${JSON.stringify(value)}`
}

function typeOf(schema: ShownSchema): Html {
  const { $ref, type, format, items, additionalProperties } = schema
  const name = $ref?.split('/').at(-1)
  if (name !== undefined) return html`<a href="#schema-${name}">${name}</a>`
  const options = schema.anyOf ?? schema.oneOf
  if (options !== undefined) return joined(options.map(typeOf))
  if (schema.enum !== undefined) return joined(schema.enum.map((value) => html`<code>${String(value)}</code>`))
  if (schema.const !== undefined) return html`<code>${String(schema.const)}</code>`
  if (items !== undefined) return html`array (${typeOf(items)})`
  if (type === 'object' && typeof additionalProperties === 'object' && schema.properties === undefined)
    return html`object (${typeOf(additionalProperties)})`
  return html`${format ?? type ?? 'JSON'}`
}

function joined(parts: readonly Html[]): Html {
  return { html: parts.map((part) => part.html).join(' | ') }
}
