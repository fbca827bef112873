import { CoffreError } from '@coffre/foundation'
import { chooseDumps } from '../logical/choose-dumps.ts'
import { type DescribedDatabase, described, describeSql } from '../logical/dump-session.ts'
import { loadDump } from '../logical/load-dump.ts'
import { makeDatabase, settleDatabase } from '../logical/make-database.ts'
import type { ClientPrograms } from '../programs/find-client-programs.ts'
import { dumpOf } from './dump-of.ts'
import { fitRoles } from './fit-roles.ts'
import type { LoadedParts } from './restore-tables.ts'
import { countRows, type RowCount } from './row-counts.ts'
import type { SideInstance } from './side-instance.ts'
import { openSide } from './side-session.ts'
import type { TargetServer } from './target-server.ts'

const dumpArguments = ['--no-publications', '--no-subscriptions', '--no-security-labels']

/** Makes databases in the target and loads them, all of them or none; those that are there and empty are filled. */
export async function restoreDatabases(
  side: SideInstance,
  target: TargetServer,
  wanted: readonly string[] | undefined,
  programs: ClientPrograms,
  signal: AbortSignal,
): Promise<LoadedParts> {
  const all = await Promise.all((await namesIn(side, signal)).map((name) => describe(side, name, signal)))
  const { databases, present, notes } = await chooseDumps(target, all, wanted)
  await checkExtensions(target, databases)
  const roles = await fitRoles(side, target, databases, signal)
  const counts: RowCount[] = []
  const said: string[] = []
  const made: string[] = []
  try {
    for (const { name } of databases) {
      // Owner and rights are those of roles that the target has by now.
      const shape = await describe(side, name, signal)
      if (!present.has(name)) {
        await makeDatabase(target, shape, roles.keepsOwners)
        made.push(name)
      }
      const place = { programs, login: target.login, major: target.major, database: name }
      const dump = dumpOf(side, programs, name, [...dumpArguments, ...roles.arguments], signal)
      await loadDump(place, dump, roles.arguments, () => undefined, signal)
      counts.push(...(await countRows({ side, target, database: name, into: name }, undefined, `${name}.`, signal)))
      said.push(...(await settleDatabase(target, shape, roles.keepsOwners)))
    }
  } catch (error) {
    for (const name of made) await target.dropDatabase(name).catch(() => undefined)
    throw error
  }
  return { counts, notes: [...notes, ...roles.notes, ...said] }
}

/** Before anything is recovered: those that are named must not be in the way of what is there. */
export async function checkNamed(target: TargetServer, names: readonly string[]): Promise<void> {
  await chooseDumps(
    target,
    names.map((name) => ({ name, tables: 1 })),
    names,
  )
}

async function namesIn(side: SideInstance, signal: AbortSignal): Promise<readonly string[]> {
  const sql = 'select datname as name from pg_database where datallowconn and not datistemplate order by datname'
  return await openSide(side, 'template1', signal, async (query) => (await query(sql)).map(({ name }) => String(name)))
}

function describe(side: SideInstance, name: string, signal: AbortSignal): Promise<DescribedDatabase> {
  return openSide(side, name, signal, async (query) => described(name, (await query(describeSql))[0] ?? {}))
}

/** Refuses a server that lacks what the databases have installed. */
export async function checkExtensions(
  target: TargetServer,
  databases: readonly Pick<DescribedDatabase, 'extensions'>[],
): Promise<void> {
  const available = new Set((await target.ask('select name from pg_available_extensions')).map(({ name }) => String(name)))
  const missing = databases.flatMap(({ extensions }) => extensions.filter((name) => !available.has(name)))
  if (missing.length === 0) return
  throw new CoffreError('target.failed', `the server at ${target.place} lacks the extension ${[...new Set(missing)].join(', ')}`, {
    hint: 'Nothing was changed. Install its package on the host of that server.',
  })
}
