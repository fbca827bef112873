import type { GivenAnswerOf, Operation, ParsedInputOf, Right } from '@coffre/api-contract'
import type { Transaction } from 'kysely'
import type { Database } from '../catalogue/database.ts'
import type { Principal } from './authenticator.ts'

/** What an entry of the audit log says beside who, what and when. Never a secret: entries stay for ever. */
export interface AuditNote {
  /** `vault:<id>` and so on; the path of the request when absent. */
  readonly target?: string
  readonly detail?: Readonly<Record<string, unknown>>
}

/** What a handler knows of a request beside its parts. */
export interface CallSurroundings {
  /** `anonymous`, in the first project and without rights, where an operation is public. */
  readonly principal: Principal
  readonly orgId: string
  readonly projectId: string
  readonly rights: ReadonlySet<Right>
  /** Of the client; undefined when it came over a socket without one. */
  readonly address: string | undefined
  readonly requestId: string
  readonly headers: Headers
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal
  /** Of a stream that is taken up again: the id of the last event that the client saw. */
  readonly lastEventId: string | undefined
  /**
   * Says more about the action than its entry in the audit log would. Given the transaction of the action, the entry is written
   * within it: both happen, or neither. Without one it is written once the handler is done.
   */
  audit(note: AuditNote, within?: Transaction<Database>): Promise<void>
}

/** One request to an operation, checked and allowed. */
export type ApiCall<O = Operation> = CallSurroundings & ParsedInputOf<O>

/** One event of a stream. */
export interface StreamEvent<Data> {
  /** What the client gives as Last-Event-ID to go on after this one; no line breaks. */
  readonly id?: string
  readonly data: Data
}

/** What answers an operation. */
export type Handler =
  | { readonly kind: 'answer'; readonly operation: Operation; run(call: ApiCall): Promise<unknown> }
  | { readonly kind: 'stream'; readonly operation: Operation; run(call: ApiCall): AsyncIterable<StreamEvent<unknown>> }

/** The answer is parsed by the operation's schema on its way out: what the schema does not name stays inside. */
export function defineHandler<O extends Operation>(operation: O, run: (call: ApiCall<O>) => Promise<GivenAnswerOf<O>>): Handler {
  return { kind: 'answer', operation, run: (call) => run(call as ApiCall<O>) }
}

/** For operations with `isStream`. The iteration is ended when the client goes, or may no longer see it. */
export function defineStreamHandler<O extends Operation>(
  operation: O,
  run: (call: ApiCall<O>) => AsyncIterable<StreamEvent<GivenAnswerOf<O>>>,
): Handler {
  return { kind: 'stream', operation, run: (call) => run(call as ApiCall<O>) }
}
