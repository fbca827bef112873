import type { LogTarget } from '@coffre/api-contract'
import type { RunningEngine } from './restore-target.ts'
import type { RestoreOrder } from './start-restore.ts'

/** A restore as the API takes it. */
interface RestoreBody extends LogTarget {
  readonly point?: string | undefined
  readonly to?: string | undefined
  readonly into?: RunningEngine | undefined
  readonly parts?: readonly string[] | undefined
  readonly overwrite: boolean
  readonly options?: Readonly<Record<string, unknown>> | undefined
}

export function restoreOrder({
  point,
  at,
  to,
  into,
  parts,
  overwrite,
  options,
  ...log
}: RestoreBody): Omit<RestoreOrder, 'projectId' | 'source' | 'createdBy'> {
  return { point, at, log, to, into, parts, overwrite, options }
}

/** Where it goes, for the audit: no secret. */
export function targetOf({ to, into, parts }: RestoreBody): object {
  const target = into === undefined ? { to: to ?? null } : { into: into.config }
  return { ...target, parts: parts ?? null }
}
