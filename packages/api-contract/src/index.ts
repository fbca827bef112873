export { ApiProblem, Client, type ClientInput, type ClientOptions } from './client.ts'
export { inputParser, type ParsedInput, type RawInput } from './input-parser.ts'
export { type JsonSchema, jsonSchemaOf } from './json-schema.ts'
export {
  type AnswerOf,
  defineOperation,
  type GivenAnswerOf,
  type InputOf,
  isChanging,
  type Method,
  type Operation,
  type ParsedInputOf,
  type Right,
  rights,
} from './operation.ts'
export {
  type AddressRuleView,
  addAddressRule,
  addressRuleSchema,
  listAddressRules,
  removeAddressRule,
} from './operations/address-rule-operations.ts'
export {
  type ApprovalView,
  approvalSchema,
  getApproval,
  listApprovals,
  requestApproval,
  voteOnApproval,
  withdrawApproval,
} from './operations/approval-operations.ts'
export { type AuditEntryView, auditEntrySchema, exportAudit, listAudit, verifyAudit } from './operations/audit-operations.ts'
export { type GrantView, giveRole, grantSchema, listGrants, takeRole } from './operations/grant-operations.ts'
export {
  createHold,
  getHold,
  type HoldView,
  holdSchema,
  liftHold,
  listHeldPoints,
  listHolds,
} from './operations/hold-operations.ts'
export {
  cancelJob,
  explainRestore,
  finalJobStates,
  getJob,
  type JobStateName,
  type JobView,
  jobSchema,
  type LogTarget,
  listJobs,
  listTimeline,
  readJobLog,
  startBackup,
  startHeal,
  startPrune,
  startRestore,
  startVerification,
  watchJob,
} from './operations/job-operations.ts'
export { createKey, type KeyView, keySchema, listKeys, revokeKey } from './operations/key-operations.ts'
export { changePassword, redeemPasswordToken } from './operations/password-operations.ts'
export {
  applyPlan,
  deletePlan,
  getPlan,
  listPlans,
  type PlanPreviewView,
  type PlanView,
  planPreviewSchema,
  planSchema,
  policyFindingSchema,
  previewPlan,
  type VerdictView,
} from './operations/plan-operations.ts'
export { deletePoint, getPoint, listPoints, type PointView, pointSchema } from './operations/point-operations.ts'
export {
  type AppliedPresetView,
  appliedPresetSchema,
  applyPreset,
  getPreset,
  listPresets,
  type PresetDetailView,
  type PresetView,
  presetDetailSchema,
  presetSchema,
} from './operations/preset-operations.ts'
export { protectSource } from './operations/protect-operations.ts'
export {
  createSession,
  currentSession,
  endOtherSessions,
  endSession,
  listSessions,
  type SessionView,
  sessionSchema,
} from './operations/session-operations.ts'
export { changeSettings, getSettings, type SettingsView, settingsSchema } from './operations/settings-operations.ts'
export {
  checkSource,
  createSource,
  deleteSource,
  findingSchema,
  getSource,
  listSources,
  type SourceView,
  sourceSchema,
  updateSource,
} from './operations/source-operations.ts'
export {
  type AlarmView,
  alarmSchema,
  getStatus,
  listAlarms,
  type StatusView,
  type StreamView,
  statusSchema,
  streamSchema,
} from './operations/status-operations.ts'
export {
  beginTwoFactor,
  confirmTwoFactor,
  removeTwoFactor,
  renewRecoveryCodes,
} from './operations/two-factor-operations.ts'
export {
  createFirstUser,
  createUser,
  disableUser,
  enableUser,
  eraseUser,
  forgetFailedSignIns,
  getUser,
  listUsers,
  removeTwoFactorOfUser,
  resetPassword,
  type UserView,
  userSchema,
} from './operations/user-operations.ts'
export { deleteVault, removeVaultLock, setVaultLock } from './operations/vault-lock-operations.ts'
export {
  createVault,
  getVault,
  getVaultPolicies,
  listVaults,
  type VaultPolicies,
  type VaultView,
  vaultSchema,
} from './operations/vault-operations.ts'
export {
  bodyProblems,
  commonProblems,
  type InputIssue,
  type Problem,
  problemSchema,
  repeatProblems,
  signInProblems,
} from './problem.ts'
