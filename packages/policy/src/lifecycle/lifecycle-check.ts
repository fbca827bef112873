import { type PolicyFinding, refuseErrors } from '../document/policy-finding.ts'
import { shiftDate } from './add-term.ts'
import { keepLevels, termOfLevel } from './keep-counts.ts'
import type { Lifecycle } from './lifecycle.ts'
import { formatTerm, type Term, termProblem } from './term.ts'
import { monthStarts } from './term-days.ts'

/** Names of a lifecycle's fields in the document that it was read from, for the pointers of its findings. */
export interface LifecycleFields {
  readonly deleteAfter: string
  readonly moveToColdAfter: string
  readonly keep: string
}

const ownFields: LifecycleFields = { deleteAfter: 'deleteAfter', moveToColdAfter: 'moveToColdAfter', keep: 'keep' }

/** The least time in cold storage that AWS asks for. Coffre does not: a plan that stays below it loads, with a warning. */
const awsColdMinimum: Term = { value: 90, unit: 'days' }

/** Everything wrong or remarkable with a lifecycle that stands at the JSON pointer `at`. */
export function lifecycleFindings(lifecycle: Lifecycle, at = '', fields = ownFields): readonly PolicyFinding[] {
  const findings: PolicyFinding[] = []
  const add = (severity: PolicyFinding['severity'], field: keyof Lifecycle, message: string, hint?: string): void => {
    findings.push({ severity, at: `${at}/${fields[field]}`, message, ...(hint === undefined ? {} : { hint }) })
  }
  const { deleteAfter, moveToColdAfter, keep } = lifecycle
  for (const field of ['deleteAfter', 'moveToColdAfter'] as const) {
    const term = lifecycle[field]
    const problem = term === undefined ? undefined : termProblem(term)
    if (problem !== undefined) add('error', field, problem)
  }
  for (const problem of keepProblems(lifecycle)) add('error', 'keep', problem)
  if (keep !== undefined && deleteAfter !== undefined) {
    add('error', 'keep', 'keep and deleteAfter exclude each other', 'Keep counts per period, or delete everything after one term.')
  }
  if (findings.length > 0 || deleteAfter === undefined || moveToColdAfter === undefined) return findings

  if (!outlasts(deleteAfter, moveToColdAfter)) {
    const terms = `${formatTerm(deleteAfter)} is not longer than ${formatTerm(moveToColdAfter)} in every month`
    add('error', 'deleteAfter', `a point would be deleted before it moves to cold storage: ${terms}`)
  } else if (!outlasts(deleteAfter, moveToColdAfter, awsColdMinimum)) {
    const message = `a point stays less than ${formatTerm(awsColdMinimum)} in cold storage`
    add('warning', 'deleteAfter', message, 'AWS Backup refuses such a plan; Coffre carries it out as it is.')
  }
  return findings
}

/** Throws `policy.retention-invalid` with every error. */
export function validateLifecycle(lifecycle: Lifecycle): void {
  refuseErrors('policy.retention-invalid', 'the lifecycle cannot be used', lifecycleFindings(lifecycle))
}

function keepProblems({ keep }: Lifecycle): readonly string[] {
  if (keep === undefined) return []
  const problems = keepLevels.flatMap((level) => {
    const count = keep[level]
    return count === undefined ? [] : (termProblem(termOfLevel(level, count)) ?? [])
  })
  return problems.length === 0 && keepLevels.every((level) => keep[level] === undefined) ? ['nothing is kept'] : problems
}

/** Whether `long` ends after `short`, and the time after it, from whichever month they are counted. */
function outlasts(long: Term, short: Term, then?: Term): boolean {
  return monthStarts.every((from) => {
    const cold = shiftDate(from, short)
    const end = shiftDate(from, long)
    return then === undefined ? end > cold : end >= shiftDate(cold, then)
  })
}
