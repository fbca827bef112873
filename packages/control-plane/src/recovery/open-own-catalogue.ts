import type { Context } from '@coffre/foundation'
import { type OpenCatalogue, openCatalogue } from '../catalogue/open-catalogue.ts'
import { EmbeddedPostgres } from '../embedded-postgres/embedded-postgres.ts'
import type { ServerSettings } from '../server/server-settings.ts'

const connectionsMax = 4

/** The catalogue of a state folder that no server works on: the caller has its lock. The embedded engine runs for as long as it is open. */
export async function openOwnCatalogue(
  { stateFolder, databaseUrl }: ServerSettings,
  context: Context,
  log: (line: string) => void,
  signal: AbortSignal,
): Promise<OpenCatalogue> {
  await using stack = new AsyncDisposableStack()
  // Whoever runs a command wants to know only what ends it.
  const onLog = (line: string): void => {
    if (/ (FATAL|PANIC): /.test(line)) log(`postgres: ${line}`)
  }
  const engine =
    databaseUrl === undefined ? stack.use(await EmbeddedPostgres.start({ stateFolder, context, onLog }, signal)) : undefined
  const location =
    engine === undefined
      ? { kind: 'external' as const, url: databaseUrl ?? '' }
      : { kind: 'embedded' as const, settings: engine.settings }
  const { catalogue, pool } = stack.use(await openCatalogue(location, connectionsMax))
  const kept = stack.move()
  return { catalogue, pool, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}
