import { CoffreError, type Context, isCoffreError } from '@coffre/foundation'
import { addKey, removeKey } from '@coffre/repository'
import type { Transaction } from 'kysely'
import { AuditLog } from '../audit/audit-log.ts'
import type { Catalogue, Database } from '../catalogue/database.ts'
import type { JobStore } from '../jobs/job-store.ts'
import type { SecretStore } from '../secrets/secret-store.ts'
import type { FoundVault } from './find-vault.ts'
import { RebuiltHolds } from './rebuilt-holds.ts'
import { insertPoints } from './rebuilt-points.ts'
import { newestPolicies, rebuildPolicy } from './rebuilt-policy.ts'
import { rebuildTenants } from './rebuilt-tenants.ts'
import { type RebuiltVault, rebuildVaults } from './rebuilt-vaults.ts'

export interface RebuildParts {
  readonly catalogue: Catalogue
  readonly secrets: SecretStore
  readonly store: JobStore
  readonly context: Context
  /** Of the state folder that the catalogue is for. */
  readonly machine: string
}

/** What was remade. */
export interface Rebuilt {
  readonly vaults: number
  readonly sources: number
  readonly plans: number
  readonly points: number
  /** Points that the vaults' documents did not know yet: all that is known of them is what their tags say. */
  readonly pointsByTags: number
  readonly holds: number
}

/**
 * Remakes a catalogue from vaults, in one transaction: tenants, vaults with their locks, sources, plans and rules by their ids, points,
 * holds. Each vault gets a key file for this server. Rules count from now: nothing is run after the fact. `catalogue.not-empty` when
 * there is one already; whatever fails leaves the catalogue empty and the vaults as they were.
 */
export async function rebuildCatalogue(parts: RebuildParts, found: readonly FoundVault[], signal: AbortSignal): Promise<Rebuilt> {
  await assertEmpty(parts.catalogue)
  const opened: { readonly vault: FoundVault; readonly keyId: string; readonly password: Buffer }[] = []
  try {
    for (const vault of found) {
      const password = Buffer.from(Buffer.from(parts.context.random.bytes(32)).toString('base64url'))
      const keyId = await addKey(vault.repository, password, serverIdentity, signal)
      opened.push({ vault, keyId, password })
    }
    const passwords = new Map(opened.map(({ vault, password }) => [vault, password]))
    return await parts.catalogue.transaction().execute((within) => remake(parts, passwords, within))
  } catch (error) {
    for (const { vault, keyId } of opened) await forgetKey(vault, keyId)
    throw error
  }
}

/** Before anything else is done. A server that has only been started has made a tenant already. */
export async function assertEmpty(catalogue: Catalogue): Promise<void> {
  const found = await catalogue.selectFrom('org').select('name').limit(1).executeTakeFirst()
  if (found === undefined) return
  throw new CoffreError('catalogue.not-empty', 'there is a catalogue in this state folder already', {
    hint: 'Nothing was changed. Give an empty folder with --state-folder, or move that one away first.',
  })
}

async function remake(
  parts: RebuildParts,
  passwords: ReadonlyMap<FoundVault, Buffer>,
  within: Transaction<Database>,
): Promise<Rebuilt> {
  const found = [...passwords.keys()]
  const policies = newestPolicies(found.map(({ records }) => records))
  const tenants = await rebuildTenants(parts.context, policies, within)
  const vaults = await rebuildVaults(parts, { passwords, policies, tenants }, within)
  const policy = await rebuildPolicy(parts.context, policies, within)
  const holds = new RebuiltHolds(parts.context, policies, within)
  const counts = { points: 0, pointsByTags: 0 }
  for (const vault of vaults) {
    const made = await insertPoints(parts, vault, policy, within)
    counts.points += made.ids.size
    counts.pointsByTags += made.byTags
    await holds.bind(vault, made.ids)
  }
  const held = await holds.settle()
  await tell(parts, vaults, tenants.orgOf(vaults[0]?.projectId), within)
  return { vaults: vaults.length, sources: policy.sourceCount, plans: policy.planCount, ...counts, holds: held }
}

async function tell(
  { catalogue, context }: RebuildParts,
  vaults: readonly RebuiltVault[],
  orgId: string,
  within: Transaction<Database>,
): Promise<void> {
  const system = { projectId: null, principal: 'system', target: null, code: null, address: null, requestId: null } as const
  const detail = { vaults: vaults.map(({ name, found }) => ({ name, location: found.location })) }
  const event = { ...system, orgId, operation: 'catalogue.rebuild', outcome: 'ALLOWED', detail } as const
  await new AuditLog(catalogue, context).append(event, within)
}

/** What this server's key files say of who holds them. */
const serverIdentity = { username: 'server', hostname: 'coffre' }

/** Best effort: a key file whose password nobody knows opens nothing. */
async function forgetKey({ repository }: FoundVault, keyId: string): Promise<void> {
  try {
    await removeKey(repository, keyId, new AbortController().signal)
  } catch (error) {
    if (!isCoffreError(error)) throw error
  }
}
