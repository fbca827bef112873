import type { JobKind } from '../catalogue/tables/work-tables.ts'
import type { JobRequest } from './job-request.ts'
import type { Job, NewJob } from './job-store.ts'

/** A job that another one leads to, about the same source, vault and rule. */
export function newFollowUp<Kind extends JobKind>(kind: Kind, job: Job, request: JobRequest<Kind>): NewJob {
  const { projectId, accountLabel, regionLabel, sourceId, sourceName, vaultId, vaultName } = job
  const { planId, planName, planVersionId, planVersionNumber, ruleId, ruleName, ruleSchedule, ruleTimeZone } = job
  return {
    ...{ projectId, accountLabel, regionLabel, sourceId, sourceName, vaultId, vaultName },
    ...{ planId, planName, planVersionId, planVersionNumber, ruleId, ruleName, ruleSchedule, ruleTimeZone },
    kind,
    parentJobId: job.id,
    request: JSON.stringify(request),
    createdBy: job.createdBy,
  }
}
