import type { z } from 'zod'

/** Rights, from which roles are made. An operation asks for one of them, in the project that it is about. */
export const rights = [
  'read',
  'audit.read',
  'source.write',
  'plan.write',
  'backup.run',
  'restore.run',
  'vault.write',
  'vault.lock',
  'point.delete',
  'hold.write',
  'approval.vote',
  'people.write',
  'settings.write',
] as const
export type Right = (typeof rights)[number]

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** An object schema whose values are texts on the wire: parts of the path or of the query. */
type TextSchema = z.ZodObject

/** One thing that can be asked of the API. Server, client, documentation and tests are all made from it. */
export interface Operation<
  Path extends TextSchema = TextSchema,
  Query extends TextSchema = TextSchema,
  Body extends z.ZodType = z.ZodType,
  Answer extends z.ZodType = z.ZodType,
> {
  /** Stable and unique: `vaults.create`. Scopes of keys and the audit log name it. */
  readonly id: string
  readonly method: Method
  /** Below /api/v1, with `{name}` for each key of `params`. */
  readonly path: string
  readonly summary: string
  readonly description?: string
  /** `public` needs no sign-in, `signed-in` any principal. */
  readonly right: Right | 'public' | 'signed-in'
  readonly params: Path
  readonly query: Query
  /** Undefined for operations without one. */
  readonly body: Body | undefined
  readonly status: 200 | 201 | 202 | 204
  readonly answer: Answer
  /** Codes of the problems that are its own, beside those that every operation may answer with. */
  readonly problems: readonly string[]
  /** Its answer carries a secret: it is never stored for a repeated request, nor logged. */
  readonly answersSecret?: boolean
  /** The answer is a stream of events, each as the schema says. */
  readonly isStream?: boolean
}

export function defineOperation<
  Path extends TextSchema,
  Query extends TextSchema,
  Body extends z.ZodType,
  Answer extends z.ZodType,
>(operation: Operation<Path, Query, Body, Answer>): Operation<Path, Query, Body, Answer> {
  return operation
}

/** What a caller gives: parts of the path, of the query, and the body, as they are before defaults are filled in. */
export type InputOf<O> =
  O extends Operation<infer Path, infer Query, infer Body, infer _Answer>
    ? { readonly params: z.input<Path>; readonly query?: z.input<Query>; readonly body: z.input<Body> }
    : never

export type AnswerOf<O> = O extends Operation<infer _Path, infer _Query, infer _Body, infer Answer> ? z.output<Answer> : never

/** The same parts as a handler gets them: checked, converted, with defaults filled in. */
export type ParsedInputOf<O> =
  O extends Operation<infer Path, infer Query, infer Body, infer _Answer>
    ? { readonly params: z.output<Path>; readonly query: z.output<Query>; readonly body: z.output<Body> }
    : never

/** What a handler answers with, before the schema has filled in defaults and left out what it does not name. */
export type GivenAnswerOf<O> = O extends Operation<infer _Path, infer _Query, infer _Body, infer Answer> ? z.input<Answer> : never

/** Whether it may change anything: such operations are audited, and a key makes them happen once. */
export function isChanging(operation: Operation): boolean {
  return operation.method !== 'GET'
}
