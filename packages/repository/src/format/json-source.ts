/** A piece of JSON text that JSON.stringify prints as it is. */
export interface RawJson {
  readonly rawJSON: string
}

interface JsonWithSource {
  parse(text: string, reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown): unknown
  rawJSON(text: string): RawJson
  isRawJSON(value: unknown): value is RawJson
}

/** What Node's JSON can do beyond TypeScript's declaration of it (TC39 proposal "JSON.parse source text access"). */
export const jsonWithSource = JSON as unknown as JsonWithSource
