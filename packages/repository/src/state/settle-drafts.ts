import type { FileHandle } from '@coffre/storage'
import type { Repository } from '../repository/repository.ts'
import { openDocument } from './sealed-document.ts'
import { stateDocument } from './state-chain.ts'
import { draftOf, stateName } from './state-copies.ts'

/** A draft of one of the last records may be another writer's at work. */
const recordsAtWork = 2

/** Puts what a power cut has torn in order: records that only their draft still holds are written again, drafts of old ones go. */
export async function settleDrafts(repository: Repository, headNumber: number, signal: AbortSignal): Promise<void> {
  const { backend } = repository
  if (backend.objectLock !== undefined) return
  const names = await repository.names('state', signal)
  for (const name of names) {
    const number = draftOf(name)
    if (number === undefined || number > headNumber) continue
    const record: FileHandle = { type: 'state', name: stateName(number) }
    if (names.includes(record.name) && !(await isWhole(repository, record, signal))) {
      const bytes = await repository.loadRaw({ type: 'state', name }, signal)
      if (openDocument(repository, stateDocument, bytes) === undefined) continue
      await backend.save(record, [bytes], {}, signal)
      await backend.flush(signal)
    }
    if (number <= headNumber - recordsAtWork) await backend.remove({ type: 'state', name }, signal)
  }
}

async function isWhole(repository: Repository, record: FileHandle, signal: AbortSignal): Promise<boolean> {
  return openDocument(repository, stateDocument, await repository.loadRaw(record, signal)) !== undefined
}
