import { loadDump } from '../logical/load-dump.ts'
import type { ClientPrograms } from '../programs/find-client-programs.ts'
import { chooseTables } from './chosen-tables.ts'
import { cutLoose } from './cut-loose.ts'
import { dumpOf } from './dump-of.ts'
import { moveTables, namesOf, refuseMeeting } from './move-tables.ts'
import { dropDefaults, findOutsideNeeds } from './outside-needs.ts'
import type { PartsWish } from './parts-wish.ts'
import { quotedRelationName } from './relation-name.ts'
import { countRows, type RowCount } from './row-counts.ts'
import type { SideInstance } from './side-instance.ts'
import { openSide } from './side-session.ts'
import type { TargetServer } from './target-server.ts'
import { withSchemas } from './with-schemas.ts'

export interface LoadedParts {
  readonly counts: readonly RowCount[]
  readonly notes: readonly string[]
}

/** Neither an owner nor rights are looked for in the target that only the original may have. */
export const bareArguments = ['--no-owner', '--no-privileges', '--no-security-labels']

/** Takes the tables out of the side instance and loads them into a database of the target, all of them or nothing. */
export async function restoreTables(
  side: SideInstance,
  target: TargetServer,
  into: string,
  { tables: wanted, database, schema }: Extract<PartsWish, { readonly kind: 'tables' }>,
  programs: ClientPrograms,
  signal: AbortSignal,
): Promise<LoadedParts> {
  const { tables, notes, needs, names } = await openSide(side, database, signal, async (query) => {
    const chosen = await chooseTables(query, wanted, database)
    refuseMeeting(chosen, schema)
    const left = await cutLoose(query, chosen)
    return {
      tables: chosen,
      notes: left,
      needs: await findOutsideNeeds(query, chosen),
      names: await namesOf(query, chosen, schema),
    }
  })
  const schemas = [...new Set(names.map((name) => name.schema))]
  await target.checkTables(into, names, schemas)
  const unmet = await target.checkNeeds(into, needs)
  const dropped = await openSide(side, database, signal, async (query) => {
    const said = await dropDefaults(query, unmet)
    if (schema !== undefined) await moveTables(query, tables, schema)
    return said
  })
  const moved = tables.map((table) => ({ ...table, schema: schema ?? table.schema }))
  const selection = moved.map((table) => `--table=${quotedRelationName(table)}`)
  const dumpArguments = ['--strict-names', '--no-publications', '--no-subscriptions', ...bareArguments, ...selection]
  const place = { programs, login: target.login, major: target.major, database: into }
  await withSchemas(target, into, schemas, () =>
    loadDump(place, dumpOf(side, programs, database, dumpArguments, signal), bareArguments, () => undefined, signal),
  )
  // Those that were named, with their partitions in them.
  const named = moved.filter(({ isNamed }) => isNamed)
  const counts = await countRows({ side, target, database, into }, named, '', signal)
  return { counts, notes: [...notes, ...dropped] }
}
