import { hkdfSync } from 'node:crypto'
import { CoffreError } from '@coffre/foundation'
import type { FileHandle, Retention } from '@coffre/storage'
import type { ContentCut } from '../pipeline/new-kernel.ts'
import type { Repository } from '../repository/repository.ts'
import { loadRecognised } from './load-recognised.ts'
import { openDocument, sealDocument } from './sealed-document.ts'

export interface MarkOptions {
  readonly retention?: Retention
}

const file: FileHandle = { type: 'state', name: 'format' }
const document = 'format'

/** Records, once and at init, that Coffre made this repository and cuts its content by the gear hash. Durable after a flush. */
export async function markCreated(repository: Repository, options: MarkOptions, signal: AbortSignal): Promise<void> {
  const sealed = sealDocument(repository, document, { cut: 'gear' })
  await repository.backend.save(file, [sealed], options.retention === undefined ? {} : { retention: options.retention }, signal)
}

/**
 * How content is cut here: as the marker says, and as restic would where there is none, so that what restic stored is found again.
 * A damaged marker is an error: to guess would store everything once more.
 */
export async function contentCutOf(repository: Repository, signal: AbortSignal): Promise<ContentCut> {
  const marker = await loadRecognised(repository.backend, file, (bytes) => openDocument(repository, document, bytes), signal)
  if (marker === undefined) return { kind: 'rabin', polynomial: repository.config.chunkerPolynomial }
  if (marker['cut'] === 'gear') return { kind: 'gear', secret: gearSecret(repository) }
  throw new CoffreError(
    'repository.format-newer',
    `this repository cuts content by ${JSON.stringify(marker['cut'])}, which is not known here`,
    {
      hint: 'Update Coffre.',
    },
  )
}

/** The gear table's secret: derived, so that it is the same for every writer of the vault and known to nobody without its key. */
export function gearSecret(repository: Repository): Uint8Array {
  const { encrypt, macK, macR } = repository.masterKey
  return new Uint8Array(
    hkdfSync('sha256', Buffer.concat([encrypt, macK, macR]), Buffer.from(repository.config.id, 'hex'), 'coffre gear table', 32),
  )
}
