import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Context, systemContext } from '@coffre/foundation'
import type { Catalogue } from '../catalogue/database.ts'
import { newHexId, newId } from '../catalogue/new-id.ts'
import { type CatalogueLocation, openCatalogue } from '../catalogue/open-catalogue.ts'
import { EmbeddedPostgres } from '../embedded-postgres/embedded-postgres.ts'

/** A catalogue on a real engine of its own, for one test file. */
export interface TestCatalogue extends AsyncDisposable {
  readonly catalogue: Catalogue
  readonly location: CatalogueLocation
  readonly stateFolder: string
}

export async function startTestCatalogue(): Promise<TestCatalogue> {
  await using stack = new AsyncDisposableStack()
  const stateFolder = await mkdtemp(join(tmpdir(), 'coffre-catalogue-'))
  stack.defer(() => rm(stateFolder, { recursive: true, force: true }))
  const signal = new AbortController().signal
  const engine = stack.use(await EmbeddedPostgres.start({ stateFolder, context: systemContext, onLog: () => undefined }, signal))
  const location = { kind: 'embedded', settings: engine.settings } as const
  const { catalogue } = stack.use(await openCatalogue(location, 10))
  const kept = stack.move()
  return { catalogue, location, stateFolder, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

/** A tenant to work in. */
export async function makeProject(
  catalogue: Catalogue,
  context: Context,
  name: string,
): Promise<{ orgId: string; projectId: string }> {
  const createdAt = new Date(context.clock.nowMs())
  const orgId = newId(context)
  const projectId = newId(context)
  await catalogue
    .insertInto('org')
    .values({ id: orgId, hexId: newHexId(context), name, createdAt })
    .execute()
  await catalogue
    .insertInto('project')
    .values({ id: projectId, hexId: newHexId(context), orgId, name, accountLabel: '000000000000', regionLabel: 'local', createdAt })
    .execute()
  return { orgId, projectId }
}
