import { isChanging } from '@coffre/api-contract'
import type { CoffreError, ErrorCode } from '@coffre/foundation'
import type { Transaction } from 'kysely'
import type { AuditLog } from '../audit/audit-log.ts'
import type { Database } from '../catalogue/database.ts'
import type { AuditNote } from './api-call.ts'
import type { Principal } from './authenticator.ts'
import type { OperationRequest } from './operation-request.ts'

/** What one request leaves in the audit log: one entry when it changed something, when it showed a secret, and when it was refused. */
export class CallAudit {
  readonly #log: AuditLog
  readonly #request: OperationRequest
  readonly #principal: Principal
  #note: AuditNote = {}
  #isWritten = false

  constructor(log: AuditLog, request: OperationRequest, principal: Principal) {
    this.#log = log
    this.#request = request
    this.#principal = principal
  }

  async note(note: AuditNote, within?: Transaction<Database>): Promise<void> {
    this.#note = { ...this.#note, ...note }
    if (within === undefined) return
    await this.#append('ALLOWED', null, within)
    this.#isWritten = true
  }

  async succeed(): Promise<void> {
    const { operation } = this.#request
    if (!this.#isWritten && (isChanging(operation) || operation.answersSecret === true)) await this.#append('ALLOWED', null)
  }

  /** A transaction that had the entry of success was undone with it, so that this one does not contradict it. */
  async fail(error: CoffreError): Promise<void> {
    const isDenied = tellsDenial(error.code)
    if (isDenied || isChanging(this.#request.operation)) await this.#append(isDenied ? 'DENIED' : 'FAILED', error.code)
  }

  async #append(outcome: 'ALLOWED' | 'DENIED' | 'FAILED', code: string | null, within?: Transaction<Database>): Promise<void> {
    const { operation, requestId, address, target } = this.#request
    const { orgId, projectId, id: principal } = this.#principal
    const named = { target: this.#note.target ?? target, detail: this.#note.detail ?? {} }
    const event = {
      orgId,
      projectId,
      principal,
      operation: operation.id,
      outcome,
      code,
      requestId,
      address: address ?? null,
      ...named,
    }
    await this.#log.append(event, within)
  }
}

/** Whether it was refused for who asks, or for want of the consent of others, and not for what was asked. */
function tellsDenial(code: ErrorCode): boolean {
  return code.startsWith('auth.') || code.startsWith('role.') || denials.includes(code)
}

const denials: readonly ErrorCode[] = ['approval.own', 'approval.needed', 'approval.incomplete', 'approval.mismatch']
