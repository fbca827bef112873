import type { Finding, PointManifest } from '@coffre/connector'
import { CoffreError } from '@coffre/foundation'
import { type RepositoryIndex, readManifest, type StoredSnapshot } from '@coffre/repository'
import type { SkippedItem } from './skipped-items.ts'
import type { VaultSession } from './vault-session.ts'

/** The folder of an engine's point that its files lie in, beside `coffre.json`. */
export const itemsFolder = 'data'

/** What `coffre.json` says: the connector's manifest, and how the backup went. */
export interface PointDocument extends PointManifest {
  /** What could not be read; the first of them, when there are many. */
  readonly skipped: readonly SkippedItem[]
  readonly skippedCount: number
  readonly findings: readonly Finding[]
}

/** For people too, who may have nothing but this file and stock restic. */
export function encodeDocument(document: PointDocument): Buffer {
  return Buffer.from(`${JSON.stringify(document, undefined, 2)}\n`)
}

/** The document of an engine's point; undefined for a point that is a plain tree. `repository.damaged` when it makes no sense. */
export async function readDocument(
  { repository }: VaultSession,
  index: RepositoryIndex,
  snapshot: StoredSnapshot,
  signal: AbortSignal,
): Promise<PointDocument | undefined> {
  const bytes = await readManifest(repository, index, snapshot, signal)
  return bytes === undefined ? undefined : decodeDocument(bytes, snapshot.id)
}

function decodeDocument(bytes: Buffer, id: string): PointDocument {
  const document = parse(bytes)
  const { engine, counts = {}, details = {}, skipped = [], findings = [] } = document
  if (
    typeof engine !== 'string' ||
    !isObject(counts) ||
    !isObject(details) ||
    !Array.isArray(skipped) ||
    !Array.isArray(findings)
  ) {
    throw new CoffreError('repository.damaged', `coffre.json of point ${id} does not say what the point is`, {
      hint: `Its files are in the folder "${itemsFolder}" of the snapshot: restic's restore brings them back without Coffre.`,
    })
  }
  const skippedCount = typeof document['skippedCount'] === 'number' ? document['skippedCount'] : skipped.length
  return {
    ...(document as unknown as PointManifest),
    counts: counts as PointDocument['counts'],
    details,
    skipped,
    skippedCount,
    findings,
  }
}

function parse(bytes: Buffer): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(bytes.toString())
    return isObject(value) ? value : {}
  } catch {
    // What is not JSON says nothing: the caller tells so, with the point.
    return {}
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
