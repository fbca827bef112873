import { CoffreError } from '@coffre/foundation'
import type { ClientPrograms } from '../programs/find-client-programs.ts'
import { onDatabase } from '../verify/local-session.ts'
import { chooseDatabases, createStatement, type SideDatabase } from './chosen-databases.ts'
import { fitRoles } from './fit-roles.ts'
import { dumpOf, loadArchive } from './load-archive.ts'
import type { RelationName } from './relation-name.ts'
import type { LoadedParts } from './restore-tables.ts'
import { countRows, everyTableQuery, type RowCount } from './row-counts.ts'
import type { SideInstance } from './side-instance.ts'
import type { TargetServer } from './target-server.ts'

const dumpArguments = ['--no-publications', '--no-subscriptions', '--no-security-labels', '--no-tablespaces']

/** Makes databases in the target and loads them, all of them or none. */
export async function restoreDatabases(
  side: SideInstance,
  target: TargetServer,
  wanted: readonly string[] | undefined,
  { folder }: ClientPrograms,
  signal: AbortSignal,
): Promise<LoadedParts> {
  const { databases, notes } = await chooseDatabases(side, wanted, signal)
  await refusePresent(
    target,
    databases.map(({ name }) => name),
  )
  await checkExtensions(target, databases)
  const roles = await fitRoles(side, target, databases, signal)
  const counts: RowCount[] = []
  const made: string[] = []
  try {
    for (const database of databases) {
      await target.ask(createStatement(database))
      made.push(database.name)
      const archive = dumpOf(folder, database.name, [...dumpArguments, ...roles.arguments], side.login)
      const restoreArguments = ['--no-tablespaces', ...roles.arguments]
      await loadArchive(archive, folder, database.name, restoreArguments, target.login, signal)
      counts.push(...(await countBoth(side, target, database.name, signal)))
    }
  } catch (error) {
    for (const name of made) await target.dropDatabase(name).catch(() => undefined)
    throw error
  }
  return { counts, notes: [...notes, ...roles.notes] }
}

/** Before anything is recovered those that were named, and then all that there are. */
export async function refusePresent(target: TargetServer, names: readonly string[]): Promise<void> {
  if (!target.createsDatabases) {
    throw new CoffreError('source.credentials', `role ${target.user} may not create databases at ${target.place}`, {
      hint: `Nothing was changed. ALTER ROLE ${target.user} CREATEDB;`,
    })
  }
  const present = await target.ask('select datname as name from pg_database where datname = any($1) order by 1', [names])
  if (present.length === 0) return
  const list = present.map(({ name }) => String(name)).join(', ')
  throw new CoffreError('target.not-empty', `the target has a database ${list} already`, {
    hint:
      'Nothing was changed. Choose others with --databases, rename what is there, or take tables of it with --tables and --schema: ' +
      'nothing of a running server is ever overwritten.',
  })
}

async function checkExtensions(target: TargetServer, databases: readonly SideDatabase[]): Promise<void> {
  const available = new Set((await target.ask('select name from pg_available_extensions')).map(({ name }) => String(name)))
  const missing = databases.flatMap(({ extensions }) => extensions.filter((name) => !available.has(name)))
  if (missing.length === 0) return
  throw new CoffreError('target.failed', `the server at ${target.place} lacks the extension ${[...new Set(missing)].join(', ')}`, {
    hint: 'Nothing was changed. Install its package on the host of that server.',
  })
}

function countBoth(side: SideInstance, target: TargetServer, database: string, signal: AbortSignal): Promise<readonly RowCount[]> {
  return onDatabase(side.server, database, signal, async (sideQuery) => {
    const tables = (await sideQuery(everyTableQuery)).map((row): RelationName => row as unknown as RelationName)
    return await target.on(database, async (targetQuery) => {
      await targetQuery('set row_security = off')
      return countRows(tables, sideQuery, targetQuery, `${database}.`)
    })
  })
}
