import type { ForeseenRequest, PointManifest, RestoreTarget } from '@coffre/connector'
import { CoffreError } from '@coffre/foundation'
import { readBaseDetails } from '../base/base-details.ts'
import { parsePostgresqlConfig, parsePostgresqlSecrets } from '../config.ts'
import { type ClientPrograms, findClientPrograms } from '../programs/find-client-programs.ts'
import { type EngineBinaries, findEngineBinaries } from '../restore/engine-binaries.ts'
import type { MakeCheck } from '../restore/obstacles.ts'
import { parseRestoreOptions, type RestoreOptions } from '../restore/restore-options.ts'
import type { PostgresqlSettings } from '../settings.ts'
import { type PartsWish, partsWishOf } from './parts-wish.ts'
import { parseRelationName } from './relation-name.ts'
import { checkNamed } from './restore-databases.ts'
import { TargetServer } from './target-server.ts'

/** A request to restore into a running server. */
export type IntoServer<Request extends ForeseenRequest = ForeseenRequest> = Request & {
  readonly target: Extract<RestoreTarget, { readonly kind: 'engine' }>
}

/** What is known before anything was changed; undefined where the check for it failed. */
export interface PreparedParts {
  readonly wish: PartsWish
  /** The database that the target's address names. */
  readonly into: string
  readonly binaries: EngineBinaries | undefined
  readonly programs: ClientPrograms | undefined
  readonly target: TargetServer | undefined
}

/** Looks at what parts of a base are restored with, and at the server that they go to. */
export async function prepareParts(
  manifest: PointManifest,
  request: IntoServer,
  settings: PostgresqlSettings,
  check: MakeCheck,
  signal: AbortSignal,
): Promise<PreparedParts> {
  const { major } = readBaseDetails(manifest)
  const options = parseRestoreOptions(request.options)
  refuseFolderOptions(options)
  const access = {
    config: parsePostgresqlConfig(request.target.config),
    secrets: parsePostgresqlSecrets(request.target.secrets),
  }
  const into = access.config.database
  const wish = partsWishOf(request, options, into)
  const binaries = await check(() => findEngineBinaries(major, settings, signal))
  const programs = await check(() => findClientPrograms(major, settings, signal))
  const target = await check(() => TargetServer.open(access, signal))
  if (target !== undefined) {
    await check(() => target.refuseOlder(major))
    await check(() => checkEarly(target, into, wish))
  }
  return { wish, into, binaries, programs, target }
}

/** What can be known of the target before hours of recovery. Once all is known it is looked at again. */
export async function checkEarly(target: TargetServer, into: string, wish: PartsWish): Promise<void> {
  if (wish.kind === 'databases') return await checkNamed(target, wish.names ?? [])
  if (wish.kind === 'schemas') return await target.checkSchemas(into, wish.schema === undefined ? wish.schemas : [wish.schema])
  const names = wish.tables.map((text) => {
    const { schema, name } = parseRelationName(text)
    return { schema: wish.schema ?? schema, name }
  })
  await target.checkTables(into, names, [...new Set(names.map(({ schema }) => schema))])
}

function refuseFolderOptions({ start, account, tablespaces, assertions }: RestoreOptions): void {
  if (start === undefined && account === undefined && Object.keys(tablespaces).length === 0 && assertions.length === 0) return
  throw new CoffreError('usage.invalid', 'what is said of a server to be started is for a restore into a folder', {
    hint: 'Nothing was changed. Leave --start, --tablespace and the like away: the server of --into runs already.',
  })
}
