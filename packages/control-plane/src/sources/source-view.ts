import { findingSchema, type SourceView } from '@coffre/api-contract'
import type { Selectable } from 'kysely'
import { byIdOrName } from '../catalogue/by-id-or-name.ts'
import type { Catalogue } from '../catalogue/database.ts'
import type { SourceTable } from '../catalogue/tables/policy-tables.ts'
import { runsBySource } from '../status/runs-by-source.ts'

export interface SourceFilter {
  readonly engine?: string
  readonly tag?: { readonly key: string; readonly value: string }
  /** Part of the name. */
  readonly search?: string
}

/** Sources of a project by name; `after` is the name that the page before ended with. */
export async function listSources(
  catalogue: Catalogue,
  projectId: string,
  filter: SourceFilter,
  page: { readonly after?: string; readonly limit: number },
): Promise<SourceView[]> {
  const { engine, tag, search } = filter
  let query = catalogue.selectFrom('source').selectAll().where('projectId', '=', projectId).where('deletionDate', 'is', null)
  if (engine !== undefined) query = query.where('engine', '=', engine)
  if (search !== undefined) query = query.where(({ eb, fn }) => eb(fn('strpos', ['name', eb.val(search)]), '>', 0))
  if (page.after !== undefined) query = query.where('name', '>', page.after)
  if (tag !== undefined) {
    query = query.where(({ exists, selectFrom }) =>
      exists(
        selectFrom('tag')
          .select('tag.key')
          .whereRef('tag.objectId', '=', 'source.id')
          .where('tag.key', '=', tag.key)
          .where('tag.value', '=', tag.value),
      ),
    )
  }
  return viewsOf(catalogue, projectId, await query.orderBy('name').limit(page.limit).execute())
}

/** By id or by name; undefined when the project has no such source. */
export async function findSource(catalogue: Catalogue, projectId: string, idOrName: string): Promise<SourceView | undefined> {
  const row = await findSourceRow(catalogue, projectId, idOrName)
  return row && (await viewsOf(catalogue, projectId, [row]))[0]
}

export async function findSourceRow(
  catalogue: Catalogue,
  projectId: string,
  idOrName: string,
): Promise<Selectable<SourceTable> | undefined> {
  return catalogue
    .selectFrom('source')
    .selectAll()
    .where('projectId', '=', projectId)
    .where('deletionDate', 'is', null)
    .where(byIdOrName('source', idOrName))
    .executeTakeFirst()
}

async function viewsOf(catalogue: Catalogue, projectId: string, rows: readonly Selectable<SourceTable>[]): Promise<SourceView[]> {
  if (rows.length === 0) return []
  const ids = rows.map(({ id }) => id)
  const tags = await catalogue.selectFrom('tag').select(['objectId', 'key', 'value']).where('objectId', 'in', ids).execute()
  const newest = await catalogue
    .selectFrom('point')
    .select(({ fn }) => ['sourceId', fn.max('completedAt').as('lastPointAt')])
    .where('sourceId', 'in', ids)
    .where('deletionDate', 'is', null)
    .where('state', 'in', ['COMPLETED', 'AVAILABLE'])
    .groupBy('sourceId')
    .execute()
  const runs = await runsBySource(catalogue, projectId)
  return rows.map((row) => {
    const own = tags.filter(({ objectId }) => objectId === row.id).map(({ key, value }) => [key, value] as const)
    const lastPointAt = newest.find(({ sourceId }) => sourceId === row.id)?.lastPointAt ?? null
    return viewOf(row, Object.fromEntries(own), lastPointAt, runs.get(row.id)?.next ?? null)
  })
}

function viewOf(
  row: Selectable<SourceTable>,
  tags: Record<string, string>,
  lastPointAt: Date | null,
  nextRunAt: Date | null,
): SourceView {
  return {
    id: row.id,
    name: row.name,
    engine: row.engine,
    state: row.state,
    config: row.config as Record<string, unknown>,
    tier: row.tier,
    environment: row.environment,
    region: row.regionLabel,
    account: row.accountLabel,
    tags,
    findings: findingSchema.array().parse(row.findings),
    checkedAt: row.checkedAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
    lastPointAt: lastPointAt?.toISOString() ?? null,
    nextRunAt: nextRunAt?.toISOString() ?? null,
  }
}
