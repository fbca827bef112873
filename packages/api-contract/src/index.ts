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
  cancelJob,
  finalJobStates,
  getJob,
  type JobStateName,
  type JobView,
  jobSchema,
  listJobs,
  readJobLog,
  startBackup,
  startPrune,
  startRestore,
  startVerification,
  watchJob,
} from './operations/job-operations.ts'
export {
  applyPlan,
  deletePlan,
  getPlan,
  listPlans,
  type PlanView,
  planSchema,
  policyFindingSchema,
} from './operations/plan-operations.ts'
export { deletePoint, getPoint, listPoints, type PointView, pointSchema } from './operations/point-operations.ts'
export { protectSource } from './operations/protect-operations.ts'
export {
  checkSource,
  createSource,
  deleteSource,
  findingSchema,
  getSource,
  listSources,
  type SourceView,
  sourceSchema,
} from './operations/source-operations.ts'
export {
  type AlarmView,
  alarmSchema,
  getStatus,
  listAlarms,
  type StatusView,
  statusSchema,
} from './operations/status-operations.ts'
export { createVault, getVault, listVaults, type VaultView, vaultSchema } from './operations/vault-operations.ts'
export {
  bodyProblems,
  commonProblems,
  type InputIssue,
  type Problem,
  problemSchema,
  repeatProblems,
  signInProblems,
} from './problem.ts'
