import type { Lifecycle } from '@coffre/policy'
import type { PlannedRule } from '../plans/planned-rules.ts'
import type { JobRequest } from './job-request.ts'
import type { NewJob } from './job-store.ts'

/** What of a source's row a job keeps. */
export interface JobSource {
  readonly id: string
  readonly projectId: string
  readonly name: string
  readonly accountLabel: string
  readonly regionLabel: string
}

export interface BackupWish {
  readonly source: JobSource
  readonly vault: { readonly id: string; readonly name: string }
  /** Whose retention the point follows; undefined for points that follow nothing but `lifecycle`. */
  readonly planned: PlannedRule | undefined
  readonly lifecycle: Lifecycle
  readonly timeZone: string
  readonly tags: Readonly<Record<string, string>>
  readonly description?: string | undefined
  readonly createdBy: string
  /** Of a run by schedule. */
  readonly occurrence?: { readonly id: string; readonly startBy: Date | null; readonly completeBy: Date | null }
  /** The state folder of whose workers can read the source; null when any worker can. */
  readonly machine: string | null
}

/** What somebody waits for goes before what a schedule asks for. */
const onDemandPriority = 10

export function newBackupJob(wish: BackupWish): NewJob {
  const { source, vault, planned, occurrence } = wish
  const request: JobRequest<'BACKUP'> = {
    machine: wish.machine,
    lifecycle: wish.lifecycle,
    timeZone: wish.timeZone,
    tags: { ...planned?.rule.pointTags, ...wish.tags },
    description: wish.description ?? null,
    isOnDemand: occurrence === undefined,
    copies: (planned?.rule.copies ?? []).map(({ targetVault, lifecycle }) => ({ targetVault, lifecycle })),
  }
  return {
    projectId: source.projectId,
    accountLabel: source.accountLabel,
    regionLabel: source.regionLabel,
    kind: 'BACKUP',
    sourceId: source.id,
    sourceName: source.name,
    vaultId: vault.id,
    vaultName: vault.name,
    ...(planned === undefined ? {} : columnsOf(planned)),
    request: JSON.stringify(request),
    createdBy: wish.createdBy,
    ...(occurrence === undefined
      ? { priority: onDemandPriority }
      : { occurrenceId: occurrence.id, startBy: occurrence.startBy, completeBy: occurrence.completeBy }),
  }
}

function columnsOf({ planId, planName, versionId, versionNumber, ruleId, rule, timeZone }: PlannedRule) {
  return {
    planId,
    planName,
    planVersionId: versionId,
    planVersionNumber: versionNumber,
    ruleId,
    ruleName: rule.name,
    ruleSchedule: rule.schedule?.text ?? null,
    ruleTimeZone: timeZone,
  }
}
