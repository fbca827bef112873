import { type JobState, jobStates } from '../catalogue/tables/work-tables.ts'

/**
 * What can happen to a job.
 *
 * CREATED     recorded, waits for its time
 * PENDING     due, waits for a worker
 * RUNNING     a worker holds its lease
 * RETRYING    an attempt failed in a way that may pass; waits for the next one
 * ABORTING    asked to stop; its worker has not answered yet
 * and five in which it stays: COMPLETED, PARTIAL (something could not be read, the rest is kept), FAILED, ABORTED, EXPIRED (not begun
 * within its start window).
 */
export const jobEvents = ['due', 'taken', 'done', 'partial', 'failed', 'retry', 'lost', 'cancel', 'stopped', 'late'] as const
export type JobEvent = (typeof jobEvents)[number]

/** Where an event leads. What is not named is refused: the event came too late, or is somebody's mistake. */
type Transitions = Readonly<Partial<Record<JobEvent, JobState>>>

const waiting: Transitions = { taken: 'RUNNING', cancel: 'ABORTED', late: 'EXPIRED' }
const ended: Transitions = {}

const transitions: Readonly<Record<JobState, Transitions>> = {
  CREATED: { ...waiting, due: 'PENDING' },
  PENDING: waiting,
  // A worker that is gone is replaced: the next one takes the job while it still says RUNNING.
  RUNNING: {
    taken: 'RUNNING',
    done: 'COMPLETED',
    partial: 'PARTIAL',
    failed: 'FAILED',
    retry: 'RETRYING',
    lost: 'RETRYING',
    cancel: 'ABORTING',
  },
  RETRYING: { ...waiting, failed: 'FAILED' },
  // Whoever had committed before it heard of the wish has done the work all the same.
  ABORTING: { stopped: 'ABORTED', done: 'COMPLETED', partial: 'PARTIAL', failed: 'ABORTED', retry: 'ABORTED', lost: 'ABORTED' },
  ABORTED: ended,
  COMPLETED: ended,
  PARTIAL: ended,
  FAILED: ended,
  EXPIRED: ended,
}

/** The state that an event leads to; undefined when it changes nothing any more. */
export function nextJobState(state: JobState, event: JobEvent): JobState | undefined {
  return transitions[state][event]
}

/** Whether a job stays in this state for ever. */
function isFinal(state: JobState): boolean {
  return transitions[state] === ended
}

/** The states of jobs that have not ended. */
export const activeJobStates: readonly JobState[] = jobStates.filter((state) => !isFinal(state))
