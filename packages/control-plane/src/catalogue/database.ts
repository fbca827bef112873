import { CamelCasePlugin, Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import type * as people from './tables/people-tables.ts'
import type * as policy from './tables/policy-tables.ts'
import type { StreamTable } from './tables/stream-table.ts'
import type * as users from './tables/user-tables.ts'
import type * as work from './tables/work-tables.ts'

/** The catalogue's tables. Names are snake_case in SQL only. */
export interface Database {
  org: policy.OrgTable
  project: policy.ProjectTable
  secret: policy.SecretTable
  vault: policy.VaultTable
  source: policy.SourceTable
  sourceSchedule: policy.SourceScheduleTable
  tag: policy.TagTable
  plan: policy.PlanTable
  planVersion: policy.PlanVersionTable
  rule: policy.RuleTable
  selection: policy.SelectionTable
  occurrence: work.OccurrenceTable
  worker: work.WorkerTable
  job: work.JobTable
  jobState: work.JobStateTable
  jobLog: work.JobLogTable
  point: work.PointTable
  hold: work.HoldTable
  holdPoint: work.HoldPointTable
  vaultRecord: work.VaultRecordTable
  stream: StreamTable
  roleGrant: people.RoleGrantTable
  apiKey: people.ApiKeyTable
  addressRule: people.AddressRuleTable
  signInFailure: people.SignInFailureTable
  approval: people.ApprovalTable
  approvalVote: people.ApprovalVoteTable
  idempotency: people.IdempotencyTable
  auditEntry: people.AuditEntryTable
  auditAnchor: people.AuditAnchorTable
  event: people.EventTable
  alarm: people.AlarmTable
  setting: people.SettingTable
  userAccount: users.UserAccountTable
  twoFactor: users.TwoFactorTable
  recoveryCode: users.RecoveryCodeTable
  session: users.SessionTable
  oneTimeToken: users.OneTimeTokenTable
}

export type Catalogue = Kysely<Database>

const int8 = 20

/** A pool of connections. `url` is a PostgreSQL URL, or the parts of one. */
export function newPool(connection: pg.PoolConfig, connectionsMax: number): pg.Pool {
  const pool = new pg.Pool({
    ...connection,
    max: connectionsMax,
    application_name: 'coffre',
    connectionTimeoutMillis: 10_000,
    types: { getTypeParser },
  })
  // A connection that breaks while it idles is replaced at its next use; who uses one is told by the query.
  pool.on('error', () => undefined)
  return pool
}

export function newCatalogue(pool: pg.Pool): Catalogue {
  return new Kysely<Database>({
    dialect: new PostgresDialect({ pool }),
    plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })],
  })
}

/** Sizes and counts as numbers. What does not fit into one exactly is an error, never rounded. */
const getTypeParser: typeof pg.types.getTypeParser = (type: number, format?: unknown) => {
  if (type === int8) return parseInteger
  return pg.types.getTypeParser(type, format as 'text')
}

function parseInteger(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`the catalogue holds a number that is too large: ${text}`)
  return value
}
