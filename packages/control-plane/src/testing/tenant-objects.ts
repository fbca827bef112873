import { type Context, dayMs } from '@coffre/foundation'
import type { Catalogue } from '../catalogue/database.ts'
import { newHexId, newId } from '../catalogue/new-id.ts'
import { makeProject } from './test-catalogue.ts'

/** One object of each kind that a path can name, by the name of the parameter, in a tenant of their own. */
export interface TenantObjects {
  readonly orgId: string
  readonly projectId: string
  readonly ids: Readonly<Record<string, string>>
  /** Of those that can be named, too. */
  readonly names: Readonly<Record<string, string>>
}

/** Presets are nobody's own: nobody has one of this name. */
const noPreset = 'no-preset'

const account = { accountLabel: '000000000000', regionLabel: 'local' }

export async function makeTenantObjects(catalogue: Catalogue, context: Context, name: string): Promise<TenantObjects> {
  const { orgId, projectId } = await makeProject(catalogue, context, name)
  const names = { vault: `${name}-vault`, source: `${name}-source`, plan: `${name}-plan`, user: `${name}-user` }
  const tenant = { catalogue, context, orgId, projectId }
  const vault = await makeVault(catalogue, context, projectId, names.vault)
  const point = await makePoint(catalogue, context, { projectId, vaultId: vault, sourceId: null })
  const people = await makePeople(tenant, names.user)
  return { orgId, projectId, names, ids: { vault, point, ...people, ...(await makeWork(tenant, names)), preset: noPreset } }
}

/** A vault that is a row alone. */
export async function makeVault(catalogue: Catalogue, context: Context, projectId: string, name: string): Promise<string> {
  const id = newId(context)
  const row = { id, projectId, ...account, name, kind: 'BACKUP_VAULT', state: 'AVAILABLE', location: `/nowhere/${id}` } as const
  await catalogue
    .insertInto('vault')
    .values({ ...row, createdAt: now(context) })
    .execute()
  return id
}

/** A source that is a row alone. */
export async function makeSource(catalogue: Catalogue, context: Context, projectId: string, name: string): Promise<string> {
  const id = newId(context)
  const hexIds = { hexId: newHexId(context), zoneHexId: newHexId(context), replicationSpecHexId: newHexId(context) }
  const row = { id, projectId, ...hexIds, ...account, name, engine: 'files', identity: name } as const
  await catalogue
    .insertInto('source')
    .values({ ...row, config: '{}', findings: '[]', state: 'READY', createdAt: now(context) })
    .execute()
  return id
}

/** A point that is a row alone. */
export async function makePoint(
  catalogue: Catalogue,
  context: Context,
  of: { readonly projectId: string; readonly vaultId: string; readonly sourceId: string | null; readonly createdAt?: Date },
): Promise<string> {
  const id = newId(context)
  const createdAt = of.createdAt ?? now(context)
  await catalogue
    .insertInto('point')
    .values({
      ...account,
      ...of,
      id,
      hexId: newHexId(context),
      sourceName: 'docs',
      engine: 'files',
      vaultName: 'main',
      snapshotId: Buffer.from(context.random.bytes(32)).toString('hex'),
      state: 'COMPLETED',
      initiatedAt: createdAt,
      createdAt,
      sizeBytes: 1,
      lifecycle: JSON.stringify({}),
      keepZone: 'UTC',
      isOnDemand: true,
    })
    .execute()
  return id
}

interface Tenant {
  readonly catalogue: Catalogue
  readonly context: Context
  readonly orgId: string
  readonly projectId: string
}

async function makeWork(
  { catalogue, context, projectId }: Tenant,
  names: { readonly source: string; readonly plan: string },
): Promise<Record<string, string>> {
  const at = now(context)
  const [plan, version, job] = [newId(context), newId(context), newId(context)]
  const [hold, approval] = [newId(context), newId(context)]
  const source = await makeSource(catalogue, context, projectId, names.source)
  const planRow = { id: plan, hexId: newHexId(context), projectId, ...account, name: names.plan, versionId: version, createdAt: at }
  const shape = { name: names.plan, timeZone: 'UTC', rules: [] }
  await catalogue.transaction().execute(async (within) => {
    await within.insertInto('plan').values(planRow).execute()
    const versionRow = { id: version, planId: plan, number: 1, document: '{}', plan: JSON.stringify(shape) }
    await within
      .insertInto('planVersion')
      .values({ ...versionRow, createdAt: at, createdBy: 'test' })
      .execute()
  })
  const jobRow = { id: job, hexId: newHexId(context), projectId, ...account, kind: 'BACKUP', state: 'CREATED' } as const
  await catalogue
    .insertInto('job')
    .values({ ...jobRow, request: '{}', notBefore: at, createdAt: at, createdBy: 'test' })
    .execute()
  const query = JSON.stringify({ vaults: [], sources: [], createdAfter: null, createdBefore: null })
  const holdRow = { id: hold, projectId, title: 'case', description: 'case', state: 'ACTIVE', query } as const
  await catalogue
    .insertInto('hold')
    .values({ ...holdRow, createdAt: at, createdBy: 'test' })
    .execute()
  const approvalRow = { id: approval, projectId, operation: 'holds.lift', targetKind: 'hold', targetId: hold, request: '{}' }
  const asked = { reason: 'over', state: 'PENDING', votesNeeded: 2, requestedBy: 'user:other', requestedAt: at } as const
  await catalogue
    .insertInto('approval')
    .values({ ...approvalRow, ...asked, expiresAt: new Date(at.getTime() + dayMs) })
    .execute()
  return { source, plan, job, hold, approval }
}

async function makePeople({ catalogue, context, orgId }: Tenant, name: string): Promise<Record<string, string>> {
  const at = now(context)
  const [user, session, grant, key, rule] = [newId(context), newId(context), newId(context), newId(context), newId(context)]
  const hash = (): Buffer => Buffer.from(context.random.bytes(32))
  await catalogue
    .insertInto('userAccount')
    .values({ id: user, orgId, name, displayName: name, createdAt: at, createdBy: 'test' })
    .execute()
  const lasting = { createdAt: at, lastUsedAt: at, expiresAt: new Date(at.getTime() + dayMs) }
  await catalogue
    .insertInto('session')
    .values({ id: session, userId: user, tokenHash: hash(), ...lasting })
    .execute()
  await catalogue
    .insertInto('roleGrant')
    .values({ id: grant, orgId, projectId: null, principal: `user:${user}`, role: 'viewer', grantedAt: at, grantedBy: 'test' })
    .execute()
  const keyRow = { id: key, hexId: newHexId(context), orgId, name: 'key', kind: 'bearer', publicId: newHexId(context) } as const
  await catalogue
    .insertInto('apiKey')
    .values({ ...keyRow, secretHash: hash(), createdAt: at, createdBy: `user:${user}` })
    .execute()
  await catalogue
    .insertInto('addressRule')
    .values({ id: rule, orgId, network: '198.51.100.0/24', description: 'theirs', createdAt: at, createdBy: 'test' })
    .execute()
  return { user, session, grant, key, rule }
}

function now({ clock }: Context): Date {
  return new Date(clock.nowMs())
}
