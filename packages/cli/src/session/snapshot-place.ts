import {
  BlobReader,
  findFolder,
  findSnapshot,
  type Id,
  type RepositoryIndex,
  type SnapshotFilter,
  type StoredSnapshot,
} from '@coffre/repository'
import type { Call } from '../command.ts'
import { loadIndexOf } from './load-index.ts'
import type { Session } from './open-session.ts'

/** A snapshot, or a folder in it, that was asked for as `latest`, `ID` or `ID:FOLDER`; and what it takes to read it. */
export interface OpenedPlace {
  readonly snapshot: StoredSnapshot
  readonly tree: Id
  readonly index: RepositoryIndex
  readonly reader: BlobReader
}

export async function openPlace(
  text: string,
  filter: SnapshotFilter,
  session: Session,
  call: Pick<Call, 'output' | 'texts'>,
): Promise<OpenedPlace> {
  const { snapshot, subfolder } = await findSnapshot(session.repository, text, filter, session.signal)
  const index = await loadIndexOf(session, call)
  const reader = new BlobReader(session.repository, index)
  return { snapshot, tree: await findFolder(reader, snapshot.tree, subfolder, session.signal), index, reader }
}
