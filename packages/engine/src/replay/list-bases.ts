import type { Position } from '@coffre/connector'
import { listSnapshots, type RepositoryIndex, type StoredSnapshot } from '@coffre/repository'
import { type PointDocument, readDocument } from '../point-document.ts'
import { labelsOf } from '../point-labels.ts'
import type { VaultSession } from '../vault-session.ts'

/** A point that log can be replayed on. */
export interface Base {
  readonly snapshot: StoredSnapshot
  readonly document: PointDocument
  /** The log from here on is needed. */
  readonly begin: Position
  /** Before this it shows no one instant. */
  readonly end: Position
}

/** The whole points of a source that say where they stand in its log, the newest first. */
export async function listBases(
  session: VaultSession,
  index: RepositoryIndex,
  engine: string,
  source: string,
  signal: AbortSignal,
): Promise<readonly Base[]> {
  const bases: Base[] = []
  for (const snapshot of (await listSnapshots(session.repository, signal, () => undefined)).toReversed()) {
    const labels = labelsOf(snapshot.tags)
    if (labels.source !== source || labels.engine !== engine || labels.position === undefined) continue
    // Only what is not complete says how it is.
    if (labels.state !== undefined && labels.state !== 'complete') continue
    const document = await readDocument(session, index, snapshot, signal)
    const { begin, end } = document ?? {}
    if (document !== undefined && begin !== undefined && end !== undefined) bases.push({ snapshot, document, begin, end })
  }
  return bases
}
