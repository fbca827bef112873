import { loadDump } from '../logical/load-dump.ts'
import type { ClientPrograms } from '../programs/find-client-programs.ts'
import { chooseSchemas, tablesOf } from './chosen-schemas.ts'
import { cutLoose } from './cut-loose.ts'
import { cutSchemas } from './cut-schemas.ts'
import { dumpOf } from './dump-of.ts'
import { moveSchema } from './move-tables.ts'
import type { PartsWish } from './parts-wish.ts'
import { quoted } from './relation-name.ts'
import { bareArguments, type LoadedParts } from './restore-tables.ts'
import { countRows } from './row-counts.ts'
import type { SideInstance } from './side-instance.ts'
import { openSide } from './side-session.ts'
import type { TargetServer } from './target-server.ts'
import { withSchemas } from './with-schemas.ts'

/** Takes schemas out of the side instance, with all that is in them, and loads them into a database of the target, or nothing. */
export async function restoreSchemas(
  side: SideInstance,
  target: TargetServer,
  into: string,
  { schemas: wanted, database, schema }: Extract<PartsWish, { readonly kind: 'schemas' }>,
  programs: ClientPrograms,
  signal: AbortSignal,
): Promise<LoadedParts> {
  const names = schema === undefined ? wanted : [schema]
  await target.checkSchemas(into, names)
  const look = { unmet: target.unmetIn(into), roles: await target.roles() }
  const { tables, notes } = await openSide(side, database, signal, async (query) => {
    const chosen = await chooseSchemas(query, wanted, database)
    const found = await tablesOf(query, chosen)
    const cut = [...(await cutLoose(query, found, ['parent', 'key'])), ...(await cutSchemas(query, chosen, look))]
    if (schema === undefined) return { tables: found, notes: cut }
    for (const { name } of chosen) await moveSchema(query, name, schema)
    const moved = `Texts of functions, which may name ${wanted.join(', ')}, are as they were.`
    return { tables: found.map((table) => ({ ...table, schema })), notes: schema === wanted[0] ? cut : [...cut, moved] }
  })
  const dumpArguments = [
    '--no-publications',
    '--no-subscriptions',
    ...bareArguments,
    ...names.map((name) => `--schema=${quoted(name)}`),
  ]
  const place = { programs, login: target.login, major: target.major, database: into }
  // What is in the schemas, and not the schemas themselves: some may be there, empty.
  const loaded = [...bareArguments, ...names.map((name) => `--schema=${name}`)]
  await withSchemas(target, into, names, () =>
    loadDump(
      place,
      dumpOf(side, programs, database, ['--strict-names', ...dumpArguments], signal),
      loaded,
      () => undefined,
      signal,
    ),
  )
  const withRows = tables.filter(({ isNamed }) => isNamed)
  return { counts: await countRows({ side, target, database, into }, withRows, '', signal), notes }
}
