import { z } from 'zod'

/** A JSON Schema of draft 2020-12, which is the one of OpenAPI 3.1. */
export type JsonSchema = Readonly<Record<string, unknown>>

/**
 * What a schema says in JSON Schema: of what is sent (`input`) or answered (`output`). Schemas with an id in their metadata stand
 * under `$defs`, and are referred to.
 */
export function jsonSchemaOf(schema: z.ZodType, side: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: side, target: 'draft-2020-12', override: shorten }) as JsonSchema
  return rest
}

/** The expression behind a well-known format fills half a screen and says no more than the format does. */
function shorten({ jsonSchema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.format !== undefined) delete jsonSchema.pattern
}
