import type { Finding } from '@coffre/connector'
import { isCoffreError, throwIfAborted } from '@coffre/foundation'
import type { BaseDetails } from '../base/base-details.ts'
import type { Assertion } from '../restore/restore-options.ts'
import type { RestoredDetails } from '../restore/restored-details.ts'
import { checkRelations } from './check-relations.ts'
import { checkRows } from './check-rows.ts'
import { type LocalServer, onDatabase } from './local-session.ts'

/** Looks into a server that was started over what was restored. Leaves nothing behind in it. */
export async function checkRunning(
  server: LocalServer,
  base: BaseDetails,
  { assertions, isReplayed }: RestoredDetails,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const present = await onDatabase(server, 'template1', signal, async (query) =>
    (await query('select datname from pg_database where datallowconn order by datname')).map(({ datname }) => String(datname)),
  )
  const findings: Finding[] = []
  // Log after the base may have dropped what the base has.
  if (!isReplayed) findings.push(...checkDatabases(base, present))
  for (const database of present) {
    throwIfAborted(signal)
    for (const check of [checkExtensions, checkRelations, checkRows]) findings.push(...(await check(server, database, signal)))
  }
  // Reading everything is what has found bad pages, if there are any.
  findings.push(...(await checkChecksums(server, signal)))
  for (const assertion of assertions) findings.push(...(await checkAssertion(server, assertion, signal)))
  return findings
}

function checkDatabases({ databases }: BaseDetails, present: readonly string[]): readonly Finding[] {
  return databases
    .filter((name) => !present.includes(name))
    .map((name) => error('postgresql.database-missing', `the database ${name} of the base is not there`))
}

async function checkExtensions(server: LocalServer, database: string, signal: AbortSignal): Promise<readonly Finding[]> {
  const sql = `select extname as name from pg_extension where extname not in (select name from pg_available_extensions) order by extname`
  const missing = await onDatabase(server, database, signal, (query) => query(sql))
  return missing.map(({ name }) => ({
    ...error('postgresql.extension-missing', `the extension ${name} of database ${database} is not installed on this machine`),
    remedy: 'Install its package for this major version of PostgreSQL.',
  }))
}

async function checkChecksums(server: LocalServer, signal: AbortSignal): Promise<readonly Finding[]> {
  const sql =
    "select coalesce(datname, 'shared relations') as name, checksum_failures::float8 as n from pg_stat_database where checksum_failures > 0"
  const failures = await onDatabase(server, 'template1', signal, (query) => query(sql))
  return failures.map(({ name, n }) => error('postgresql.bad-page', `${n} pages of ${name} do not fit their checksum`))
}

/** The one value of the one row that it gives has to be true. */
async function checkAssertion(server: LocalServer, { database, sql }: Assertion, signal: AbortSignal): Promise<readonly Finding[]> {
  const failed = (why: string) => [error('postgresql.assertion', `in ${database}, ${why}: ${sql}`)]
  try {
    return await onDatabase(server, database, signal, async (query) => {
      await query('begin transaction read only')
      const rows = await query(sql)
      const values = rows.flatMap((row) => Object.values(row))
      return values.length === 1 && values[0] === true ? [] : failed('this is not true')
    })
  } catch (reason) {
    if (!isCoffreError(reason) || reason.code === 'interrupted') throw reason
    return failed(`this fails (${reason.message})`)
  }
}

function error(code: string, message: string): Finding {
  return { severity: 'error', code, message }
}
