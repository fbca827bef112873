import type { Finding, PointManifest } from '@coffre/connector'
import type { Id, RepositoryIndex, SnapshotOptions } from '@coffre/repository'
import { type PointLabels, tagsOf } from '../point-labels.ts'
import type { ProgressMeter } from '../progress.ts'
import type { SkippedItems } from '../skipped-items.ts'
import type { VaultSession } from '../vault-session.ts'
import type { BackupRequest, PointState } from './backup-request.ts'

/** What storing a source needs, whatever its kind. */
export interface BackupWork {
  readonly session: VaultSession
  readonly request: BackupRequest
  readonly index: RepositoryIndex
  readonly meter: ProgressMeter
  readonly options: SnapshotOptions
}

/** A point that is committed. */
export interface StoredWork {
  readonly pointId: Id
  readonly state: PointState
  readonly manifest: PointManifest | undefined
  readonly skipped: SkippedItems
  readonly findings: readonly Finding[]
}

export function stateOf(skipped: SkippedItems, findings: readonly Finding[]): PointState {
  if (findings.some(({ severity }) => severity === 'error')) return 'suspect'
  return skipped.count > 0 ? 'partial' : 'complete'
}

/** The options with the point's labels among the tags; its state, which only the end can tell, comes last. */
export function labelled(
  { options, request }: BackupWork,
  engine: string,
  position: string | undefined,
  state: () => PointState,
): SnapshotOptions {
  const { source, plan, rule, job } = request
  const labels: PointLabels = {
    source,
    engine,
    job,
    ...(plan === undefined ? {} : { plan }),
    ...(rule === undefined ? {} : { rule }),
    ...(position === undefined ? {} : { position }),
  }
  const lateTags = (): string[] => (state() === 'complete' ? [] : tagsOf({ state: state() }))
  return { ...options, tags: [...tagsOf(labels), ...options.tags], lateTags }
}
