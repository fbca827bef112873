import type { Finding } from '@coffre/connector'
import { CoffreError, type Context } from '@coffre/foundation'
import type { Transaction } from 'kysely'
import type { Catalogue, Database } from '../catalogue/database.ts'
import { nameTaken } from '../catalogue/name-taken.ts'
import { newHexId, newId } from '../catalogue/new-id.ts'
import { isUniqueViolation } from '../catalogue/unique-violation.ts'
import type { ApiCall } from '../http/api-call.ts'
import type { SecretStore } from '../secrets/secret-store.ts'
import { engineNamed, type SourceEngine, type SourceEngines } from './source-engines.ts'

/** What the services of sources work with. */
export interface SourceParts {
  readonly catalogue: Catalogue
  readonly secrets: SecretStore
  readonly engines: SourceEngines
  readonly context: Context
}

export interface NewSource {
  readonly projectId: string
  readonly name: string
  readonly engine: string
  readonly config: Readonly<Record<string, unknown>>
  readonly secrets: Readonly<Record<string, unknown>> | undefined
  readonly tier: string | undefined
  readonly environment: string | undefined
  readonly region: string | undefined
  readonly resourceArn: string | undefined
  readonly tags: Readonly<Record<string, string>>
  /** Register it although the check found an error. */
  readonly acceptFindings: boolean
}

/** Whose secret a secret of a source is. */
export const sourceSecret = 'source'

/** Registers a source, after a look at it. Nothing is stored of one that is refused. */
export async function createSource(
  parts: SourceParts,
  request: NewSource,
  audit: ApiCall['audit'],
  signal: AbortSignal,
  /** What else is done in the same transaction: then all of it happens, or nothing. */
  beside?: (sourceId: string, transaction: Transaction<Database>) => Promise<void>,
): Promise<string> {
  const { catalogue, context } = parts
  const engine = engineNamed(parts.engines, request.engine)
  const config = engine.connector.parseConfig(request.config)
  const identity = `${request.engine}:${engine.connector.identify(config)}`
  const findings = await look(engine, config, request.secrets, context, signal)
  const errors = findings.filter(({ severity }) => severity === 'error')
  if (errors.length > 0 && !request.acceptFindings) throw unfit(request.name, errors)
  try {
    return await store(parts, { ...request, identity, findings }, audit, beside)
  } catch (error) {
    if (isUniqueViolation(error, 'source_name')) throw nameTaken('source', request.name)
    if (isUniqueViolation(error, 'source_identity')) throw await protectedAlready(catalogue, request.projectId, identity)
    throw error
  }
}

/** The engine's own look at a source, with what it must not show. */
export async function look(
  engine: SourceEngine,
  config: unknown,
  secrets: unknown,
  context: Context,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  if (engine.kind === 'tree') return engine.connector.check(config, context, signal)
  return engine.connector.check(config, engine.connector.parseSecrets(secrets ?? {}), context, signal)
}

async function store(
  { catalogue, secrets, context }: SourceParts,
  source: NewSource & { readonly identity: string; readonly findings: readonly Finding[] },
  audit: ApiCall['audit'],
  beside: (sourceId: string, transaction: Transaction<Database>) => Promise<void> = () => Promise.resolve(),
): Promise<string> {
  const { projectId, name, engine, identity, tags } = source
  return catalogue.transaction().execute(async (transaction) => {
    const project = await transaction
      .selectFrom('project')
      .select(['accountLabel', 'regionLabel'])
      .where('id', '=', projectId)
      .executeTakeFirstOrThrow()
    const id = newId(context)
    const now = new Date(context.clock.nowMs())
    const secretId =
      source.secrets === undefined
        ? null
        : await secrets.put(projectId, sourceSecret, Buffer.from(JSON.stringify(source.secrets)), transaction)
    await transaction
      .insertInto('source')
      .values({
        id,
        hexId: newHexId(context),
        zoneHexId: newHexId(context),
        replicationSpecHexId: newHexId(context),
        projectId,
        accountLabel: project.accountLabel,
        regionLabel: source.region ?? project.regionLabel,
        name,
        engine,
        identity,
        resourceArn: source.resourceArn ?? null,
        config: JSON.stringify(source.config),
        secretId,
        state: 'READY',
        tier: source.tier ?? null,
        environment: source.environment ?? null,
        findings: JSON.stringify(source.findings),
        checkedAt: now,
        createdAt: now,
      })
      .execute()
    const rows = Object.entries(tags).map(
      ([key, value]) => ({ projectId, objectKind: 'source', objectId: id, key, value }) as const,
    )
    if (rows.length > 0) await transaction.insertInto('tag').values(rows).execute()
    await audit({ target: `source:${id}`, detail: { name, engine, config: source.config } }, transaction)
    await beside(id, transaction)
    return id
  })
}

export function unfit(name: string, errors: readonly Finding[]): CoffreError {
  const remedies = errors.flatMap(({ remedy }) => (remedy === undefined ? [] : [`Try: ${remedy}`]))
  return new CoffreError(
    'source.unfit',
    `${name} cannot be protected as it is: ${errors.map(({ message }) => message).join('; ')}`,
    {
      hint: [...remedies, 'Register it all the same by accepting what was found.'].join(' '),
    },
  )
}

export async function protectedAlready(catalogue: Catalogue, projectId: string, identity: string): Promise<CoffreError> {
  const other = await catalogue
    .selectFrom('source')
    .select('name')
    .where('projectId', '=', projectId)
    .where('identity', '=', identity)
    .where('deletionDate', 'is', null)
    .executeTakeFirst()
  const name = other?.name ?? 'another name'
  return new CoffreError('object.exists', `this is protected already, as ${name}`, { hint: `Use ${name}, or delete it first.` })
}
