import type { DocumentReader } from '../document/document-reader.ts'
import type { Lifecycle } from '../lifecycle/lifecycle.ts'
import { type Term, termValueMax } from '../lifecycle/term.ts'
import { readSelection } from '../selection/parse-selection.ts'
import type { Selection } from '../selection/selection.ts'
import type { CopyAction, Rule } from './plan.ts'
import { defaultWindowMinutes, type PlanReading } from './plan-document.ts'
import { type PlanFields, planFindings, windowMinutesMax } from './plan-findings.ts'
import { readSchedule } from './read-schedule.ts'

const fields: PlanFields = {
  name: 'BackupPlanName',
  timeZone: 'ScheduleExpressionTimezone',
  rules: 'Rules',
  rule: {
    name: 'RuleName',
    timeZone: 'ScheduleExpressionTimezone',
    targetVault: 'TargetBackupVaultName',
    startWindowMinutes: 'StartWindowMinutes',
    completionWindowMinutes: 'CompletionWindowMinutes',
    lifecycle: 'Lifecycle',
    windowDays: 'EnableContinuousBackup',
    copies: 'CopyActions',
    pointTags: 'RecoveryPointTags',
  },
  lifecycle: { deleteAfter: 'DeleteAfterDays', moveToColdAfter: 'MoveToColdStorageAfterDays', keep: 'Lifecycle' },
}

/** What AWS runs where a rule has no expression. */
const defaultSchedule = 'cron(0 5 ? * * *)'

const vaultArn = /^arn:[a-z-]+:backup:[a-z0-9-]*:\d*:backup-vault:(.+)$/

/** Fields of what AWS answers, in which a plan comes back. */
const answerFields = [
  'BackupPlanId',
  'BackupPlanArn',
  'VersionId',
  'CreationDate',
  'DeletionDate',
  'LastExecutionDate',
  'CreatorRequestId',
]

/** Reads `BackupPlan`, wrapped in an object of that name or not, with selections beside it. */
export function readAwsPlan(outer: DocumentReader): PlanReading {
  const wrapped = outer.object('BackupPlan')
  const body = wrapped ?? outer
  const name = body.requiredText('BackupPlanName') ?? 'plan'
  const rules = body.objects('Rules').map((rule, i) => readRule(rule, `rule-${i + 1}`))
  const plan = { name, timeZone: 'UTC', rules }
  body.ignores('AdvancedBackupSettings', 'ScanSettings')
  outer.ignores('AdvancedBackupSettings', 'BackupPlanTags')
  outer.knows(...answerFields)
  const selections = readSelections(outer)
  wrapped?.finish()
  outer.finish()
  outer.findings.push(...planFindings(plan, body.at, fields))
  return { plan, selections, appliesToExisting: false }
}

function readRule(reader: DocumentReader, nameOtherwise: string): Rule {
  const schedule = readSchedule(reader, 'ScheduleExpression', defaultSchedule)
  const timeZone = reader.text('ScheduleExpressionTimezone')
  const minutes = { min: 1, max: windowMinutesMax }
  const rule: Rule = {
    name: reader.requiredText('RuleName') ?? nameOtherwise,
    ...(schedule === undefined ? {} : { schedule }),
    ...(timeZone === undefined ? {} : { timeZone }),
    targetVault: readTargetVault(reader),
    startWindowMinutes: reader.wholeNumber('StartWindowMinutes', minutes) ?? defaultWindowMinutes.start,
    completionWindowMinutes: reader.wholeNumber('CompletionWindowMinutes', minutes) ?? defaultWindowMinutes.completion,
    lifecycle: readLifecycle(reader.object('Lifecycle')),
    ...(reader.flag('EnableContinuousBackup') === true ? { isContinuous: true } : {}),
    copies: reader.objects('CopyActions').map(readCopy),
    pointTags: reader.textMap('RecoveryPointTags'),
  }
  reader.ignores('TargetLogicallyAirGappedBackupVaultArn', 'IndexActions', 'ScanActions')
  reader.knows('RuleId')
  reader.finish()
  return rule
}

/** AWS calls it TargetBackupVaultName in requests; documents written by hand have TargetBackupVault too. */
function readTargetVault(reader: DocumentReader): string {
  const [name, other] = [readVault(reader, 'TargetBackupVaultName'), readVault(reader, 'TargetBackupVault')]
  if (name !== undefined && other !== undefined && name !== other) {
    reader.error('TargetBackupVault', `two vaults are named, "${name}" and "${other}"`)
  }
  if (!reader.has('TargetBackupVaultName') && !reader.has('TargetBackupVault')) {
    reader.error('TargetBackupVaultName', 'TargetBackupVaultName is missing')
  }
  return name ?? other ?? 'vault'
}

function readCopy(reader: DocumentReader): CopyAction {
  const targetVault = readVault(reader, 'DestinationBackupVaultArn')
  if (!reader.has('DestinationBackupVaultArn')) reader.error('DestinationBackupVaultArn', 'DestinationBackupVaultArn is missing')
  const lifecycle = readLifecycle(reader.object('Lifecycle'))
  reader.finish()
  return { targetVault: targetVault ?? 'copies', lifecycle }
}

/** The name of a vault, given as such or by its ARN. */
function readVault(reader: DocumentReader, field: string): string | undefined {
  const text = reader.text(field)
  if (text === undefined) return undefined
  const named = vaultArn.exec(text)?.[1] ?? text
  if (named !== '' && !named.startsWith('arn:')) return named
  reader.error(
    field,
    `"${text}" names no vault`,
    'Give its name, or an ARN like arn:aws:backup:eu-west-1:123456789012:backup-vault:NAME.',
  )
  return undefined
}

function readLifecycle(reader: DocumentReader | undefined): Lifecycle {
  if (reader === undefined) return {}
  const deleteAfter = readDays(reader, 'DeleteAfterDays')
  const moveToColdAfter = readDays(reader, 'MoveToColdStorageAfterDays')
  reader.ignores('OptInToArchiveForSupportedResources', 'DeleteAfterEvent')
  reader.finish()
  return {
    ...(deleteAfter === undefined ? {} : { deleteAfter }),
    ...(moveToColdAfter === undefined ? {} : { moveToColdAfter }),
  }
}

/** -1 clears a term that an earlier version of the plan had. */
function readDays(reader: DocumentReader, field: string): Term | undefined {
  if (reader.any(field) === -1) return undefined
  const value = reader.wholeNumber(field, { min: 1, max: termValueMax.days })
  return value === undefined ? undefined : { value, unit: 'days' }
}

function readSelections(reader: DocumentReader): readonly Selection[] {
  const single = reader.has('BackupSelection')
    ? [readSelection(reader.any('BackupSelection'), reader.pointer('BackupSelection'), reader.findings)]
    : []
  const listed = ['BackupSelections', 'Selections'].flatMap((field) =>
    reader.list(field).map((one, i) => readSelection(one, `${reader.pointer(field)}/${i}`, reader.findings)),
  )
  return [...single, ...listed].filter((selection) => selection !== undefined)
}
