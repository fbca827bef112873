import { finalJobStates, type JobView, watchJob } from '@coffre/api-contract'
import { type CoffreError, type ErrorCode, isCoffreError } from '@coffre/foundation'
import type { ServerCall } from '../command.ts'
import { CommandLineError } from '../messages/command-line-error.ts'
import { flag } from '../options/option.ts'
import type { Connection } from './connection.ts'
import { endLines, progressText } from './job-text.ts'
import { ServerError } from './server-error.ts'

/** For commands that start a job. */
export const waitOptions = { wait: flag('wait', { short: 'w' }) } as const

/** So long a server may be away, as when it is started anew, before waiting for it ends. */
const awayMsMax = 60_000
const lookPauseMs = 1000

/**
 * Tells of a job that was started; with --wait, follows it to its end. Resolves when nobody wanted to wait, or the job completed;
 * rejects with what the job ended by otherwise.
 */
export async function finishStart(job: JobView, connection: Connection, call: ServerCall<typeof waitOptions>): Promise<void> {
  const { output, texts } = call
  if (!call.options.wait) {
    if (output.json) output.printJson(job)
    else output.print(texts.say('job.started', { id: job.id, kind: job.kind }))
    return
  }
  await waitForJob(job, connection, call)
}

/** Resolves once the job has completed; rejects with what it ended by otherwise. When waiting is interrupted, the job runs on. */
export async function waitForJob(job: JobView, connection: Connection, call: ServerCall): Promise<void> {
  const { output, texts } = call
  const end = await follow(job, connection, call)
  if (output.json) output.printJson(end)
  // What failed is told by its error.
  else if (end.error === null || end.state === 'PARTIAL') for (const line of endLines(end, texts)) output.summarize(line)
  if (end.state !== 'COMPLETED') throw errorOf(end)
}

/** The job once it has completed, for whoever shows what came of it. Rejects with what it ended by otherwise. */
export async function completionOf(job: JobView, connection: Connection, call: ServerCall): Promise<JobView> {
  const end = await follow(job, connection, call)
  if (end.state !== 'COMPLETED') throw errorOf(end)
  return end
}

async function follow(job: JobView, connection: Connection, call: ServerCall): Promise<JobView> {
  const { output, texts, host, signal } = call
  let last = job
  const hide = output.showProgress({ line: () => progressText(last, host.clock.nowMs(), texts) })
  try {
    for await (const now of changesOf(job, connection, call)) last = now
    return last
  } catch (error) {
    hide()
    if (signal.aborted) output.note(texts.say('job.runsOn', { id: job.id }))
    throw error
  } finally {
    hide()
  }
}

/** The job at each of its changes, the last time in a final state, even when the server is away in between. */
async function* changesOf(job: JobView, connection: Connection, { host, signal }: ServerCall): AsyncGenerator<JobView> {
  const params = { job: job.id }
  for (let heardMs = host.clock.monotonicMs(); ; ) {
    try {
      for await (const now of connection.stream(watchJob, { params })) {
        heardMs = host.clock.monotonicMs()
        yield now
        if (finalJobStates.has(now.state)) return
      }
    } catch (error) {
      if (!isCoffreError(error, 'server.unreachable', 'catalogue.unavailable') || host.clock.monotonicMs() - heardMs > awayMsMax)
        throw error
    }
    await host.clock.sleep(lookPauseMs, signal)
  }
}

function errorOf({ id, state, error, message }: JobView): CoffreError {
  if (state === 'PARTIAL') {
    const sentence = { key: 'error.jobPartial', values: { id, problem: error?.detail ?? message ?? '' } } as const
    return new CommandLineError('job.partial', sentence, { key: 'hint.jobLog', values: { id } })
  }
  if (error !== null) return new ServerError(error)
  const sentence = { key: 'error.jobEnded', values: { id, state, problem: message ?? '' } } as const
  return new CommandLineError(endCodes[state] ?? 'job.failed', sentence, { key: 'hint.jobLog', values: { id } })
}

const endCodes: Readonly<Partial<Record<JobView['state'], ErrorCode>>> = { ABORTED: 'job.aborted', EXPIRED: 'job.expired' }
