import { listSnapshots, type StoredSnapshot } from '@coffre/repository'
import { labelsOf } from './point-labels.ts'
import { listPoints, type VaultSession } from './vault-session.ts'

/**
 * The point that a job has committed to the vault, if it has: what a second attempt adopts instead of storing it all again. Reads
 * every snapshot file, which is why first attempts do not ask.
 */
export async function findPointOfJob(
  { repository }: VaultSession,
  job: string,
  signal: AbortSignal,
): Promise<StoredSnapshot | undefined> {
  // One that is damaged is not a point to adopt, and no reason not to make another.
  const snapshots = await listSnapshots(repository, signal, () => undefined)
  return snapshots.findLast(({ tags }) => labelsOf(tags).job === job)
}

/** The newest point of a source in the vault. */
export async function findLatestPoint(
  session: VaultSession,
  source: string,
  signal: AbortSignal,
): Promise<StoredSnapshot | undefined> {
  return (await listPoints(session, signal)).findLast(({ tags }) => labelsOf(tags).source === source)
}
