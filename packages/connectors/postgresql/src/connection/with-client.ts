import { interruption } from '@coffre/foundation'
import type pg from 'pg'
import type { Member } from '../config.ts'
import { type Access, connect, socketOf } from './connect.ts'

/** What is answered at once is waited for no longer: a wire that is cut without a word would be waited on for minutes. */
export const answerWithinMs = 10_000
const leaveWithinMs = 2000

/** A connection for as long as `work` needs it, for questions that are answered at once. It is cut when `signal` is aborted. */
export async function withClient<Result>(
  access: Access,
  member: Member,
  signal: AbortSignal,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = await connect(access, member, signal, { answerWithinMs })
  const cancel = (): void => void socketOf(client).destroy()
  signal.addEventListener('abort', cancel)
  try {
    return await work(client)
  } catch (error) {
    throw signal.aborted ? interruption(signal) : error
  } finally {
    signal.removeEventListener('abort', cancel)
    await hangUp(client)
  }
}

/** Says goodbye, and waits for an answer only for a moment. */
export async function hangUp(client: pg.Client): Promise<void> {
  const socket = socketOf(client)
  socket.setTimeout(leaveWithinMs, () => socket.destroy())
  await client.end().catch(() => undefined)
}
