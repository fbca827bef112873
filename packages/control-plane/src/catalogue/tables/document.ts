import type { JSONColumnType } from 'kysely'

/** A column of JSON: read as a value, written as text. What reads it parses it with the schema that it was written by. */
export type Document = JSONColumnType<object>
