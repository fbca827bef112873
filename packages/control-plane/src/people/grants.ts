import type { Right } from '@coffre/api-contract'
import { CoffreError, type Context } from '@coffre/foundation'
import type { Transaction } from 'kysely'
import type { Catalogue, Database } from '../catalogue/database.ts'
import { newId } from '../catalogue/new-id.ts'
import { forbidden, type SignedIn } from './principal.ts'
import { conflictOf, isRole, type Role, rightsOfLocal, rightsOfRole } from './roles.ts'

export interface Grant {
  readonly id: string
  readonly userId: string
  /** Null: in the whole organisation. */
  readonly projectId: string | null
  readonly role: Role
  readonly grantedAt: Date
  readonly grantedBy: string
}

export interface NewGrant {
  readonly userId: string
  readonly projectId: string | null
  readonly role: Role
}

export const localUser = 'user:local'

/**
 * Who holds which role where. Changes come within the caller's transaction, who audits them in it; those of one organisation come one
 * after the other, so that what they promise holds for changes made at once, too.
 */
export class Grants {
  readonly #catalogue: Catalogue
  readonly #context: Context

  constructor(catalogue: Catalogue, context: Context) {
    this.#catalogue = catalogue
    this.#context = context
  }

  /** Of a user as a principal. Nothing for one who is disabled. `projectId` null: what holds in the whole organisation. */
  async rightsOf(
    user: string,
    orgId: string,
    projectId: string | null,
    within: Catalogue | Transaction<Database> = this.#catalogue,
  ): Promise<ReadonlySet<Right>> {
    if (user === localUser) return new Set(rightsOfLocal)
    const grants = await heldBy(user, orgId, within)
    const here = grants.filter((grant) => !grant.isDisabled && (grant.projectId === null || grant.projectId === projectId))
    return new Set(here.flatMap(({ role }) => rightsOfRole[role]))
  }

  /** Roles of a user anywhere in the organisation, those of a disabled one too: they are back when he is enabled. */
  async rolesOf(
    user: string,
    orgId: string,
    within: Catalogue | Transaction<Database> = this.#catalogue,
  ): Promise<ReadonlySet<Role>> {
    return new Set((await heldBy(user, orgId, within)).map(({ role }) => role))
  }

  /** The first project, by age, that a user has a grant for; undefined without any that names one. */
  async firstProjectOf(user: string, orgId: string): Promise<string | undefined> {
    const found = await this.#catalogue
      .selectFrom('project')
      .select('project.id')
      .where('project.orgId', '=', orgId)
      .where(({ exists, selectFrom }) =>
        exists(
          selectFrom('roleGrant')
            .select('roleGrant.id')
            .where('roleGrant.principal', '=', user)
            .where('roleGrant.orgId', '=', orgId)
            .where((grant) =>
              grant.or([grant('roleGrant.projectId', 'is', null), grant('roleGrant.projectId', '=', grant.ref('project.id'))]),
            ),
        ),
      )
      .orderBy('project.createdAt')
      .orderBy('project.id')
      .limit(1)
      .executeTakeFirst()
    return found?.id
  }

  async list(orgId: string): Promise<Grant[]> {
    const rows = await this.#catalogue
      .selectFrom('roleGrant')
      .selectAll()
      .where('orgId', '=', orgId)
      .orderBy('grantedAt')
      .orderBy('id')
      .execute()
    return rows.map(grantOf)
  }

  /** `role.self` for oneself, `role.conflict` for what must not meet in one person. The same grant once more changes nothing. */
  async grant(actor: SignedIn, wanted: NewGrant, within: Transaction<Database>): Promise<void> {
    await lockOrg(actor.orgId, within)
    await this.#refuseStranger(actor, wanted.projectId, within)
    const user = `user:${wanted.userId}`
    if (user === actor.user) throw ownRoles()
    await findUser(wanted.userId, actor.orgId, within)
    if (wanted.projectId !== null) await findProject(wanted.projectId, actor.orgId, within)
    const held = await this.rolesOf(user, actor.orgId, within)
    refuseConflict(new Set([...held, wanted.role]))
    await this.insert({ ...wanted, orgId: actor.orgId, grantedBy: actor.id }, within)
  }

  /** `role.last-officer` when nobody would be left who can give roles in the whole organisation. */
  async revoke(actor: SignedIn, grantId: string, within: Transaction<Database>): Promise<Grant> {
    await lockOrg(actor.orgId, within)
    const row = await within
      .selectFrom('roleGrant')
      .selectAll()
      .where('id', '=', grantId)
      .where('orgId', '=', actor.orgId)
      .executeTakeFirst()
    if (row === undefined) throw missing('grant', grantId)
    const grant = grantOf(row)
    await this.#refuseStranger(actor, grant.projectId, within)
    await within.deleteFrom('roleGrant').where('id', '=', grantId).execute()
    if (grant.role === 'security-officer' && grant.projectId === null) await refuseWithoutOfficer(actor.orgId, within)
    return grant
  }

  /** Without questions: for the first user, whom nobody can be asked about. */
  async insert(
    { userId, orgId, projectId, role, grantedBy }: NewGrant & { readonly orgId: string; readonly grantedBy: string },
    within: Transaction<Database>,
  ): Promise<void> {
    const grantedAt = new Date(this.#context.clock.nowMs())
    await within
      .insertInto('roleGrant')
      .values({ id: newId(this.#context), orgId, projectId, principal: `user:${userId}`, role, grantedAt, grantedBy })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }

  async #refuseStranger(actor: SignedIn, projectId: string | null, within: Transaction<Database>): Promise<void> {
    if (actor.by === 'key') throw forbidden('a key does not change roles')
    const rights = await this.rightsOf(actor.user, actor.orgId, projectId, within)
    if (rights.has('people.write')) return
    throw forbidden(`you do not have the right people.write in ${projectId === null ? 'the whole organisation' : 'that project'}`)
  }
}

/** Changes of people of one organisation wait for each other, from here to the end of the transaction. */
export async function lockOrg(orgId: string, within: Transaction<Database>): Promise<void> {
  await within.selectFrom('org').select('id').where('id', '=', orgId).forNoKeyUpdate().execute()
}

/** Throws `role.last-officer` unless somebody guards the whole organisation who can sign in. */
export async function refuseWithoutOfficer(orgId: string, within: Transaction<Database>): Promise<void> {
  const officers = await within
    .selectFrom('roleGrant')
    .select('principal')
    .where('orgId', '=', orgId)
    .where('role', '=', 'security-officer')
    .where('projectId', 'is', null)
    .execute()
  const ids = officers.map(({ principal }) => principal.slice('user:'.length))
  const able =
    ids.length > 0 &&
    (await within
      .selectFrom('userAccount')
      .select('id')
      .where('id', 'in', ids)
      .where('disabledAt', 'is', null)
      .where('passwordHash', 'is not', null)
      .limit(1)
      .executeTakeFirst())
  if (able !== false && able !== undefined) return
  throw new CoffreError(
    'role.last-officer',
    'nobody would be left who is security officer of the whole organisation and can sign in',
    {
      hint: 'Give somebody else this role first, and wait until they have signed in.',
    },
  )
}

export function refuseConflict(held: ReadonlySet<Role>): void {
  const conflict = conflictOf(held)
  if (conflict === undefined) return
  const { weakens, destroys } = conflict
  throw new CoffreError(
    'role.conflict',
    `nobody is both ${weakens.role} (${weakens.right}) and ${destroys.role} (${destroys.right}), in whatever projects`,
    { hint: 'Whoever can weaken a protection must not be able to delete what it protects: give the roles to two people.' },
  )
}

/** Throws `object.missing` unless the organisation has this user. */
export async function findUser(userId: string, orgId: string, within: Catalogue | Transaction<Database>) {
  const found = await within
    .selectFrom('userAccount')
    .selectAll()
    .where('id', '=', userId)
    .where('orgId', '=', orgId)
    .executeTakeFirst()
  if (found === undefined) throw missing('user', userId)
  return found
}

export function missing(kind: string, id: string): CoffreError {
  return new CoffreError('object.missing', `there is no ${kind} ${id}`)
}

async function findProject(projectId: string, orgId: string, within: Transaction<Database>): Promise<void> {
  const found = await within
    .selectFrom('project')
    .select('id')
    .where('id', '=', projectId)
    .where('orgId', '=', orgId)
    .executeTakeFirst()
  if (found === undefined) throw missing('project', projectId)
}

async function heldBy(user: string, orgId: string, within: Catalogue | Transaction<Database>) {
  const rows = await within
    .selectFrom('roleGrant')
    .innerJoin('userAccount', 'userAccount.orgId', 'roleGrant.orgId')
    .select(['roleGrant.projectId', 'roleGrant.role', 'userAccount.disabledAt'])
    .where('roleGrant.principal', '=', user)
    .where('roleGrant.orgId', '=', orgId)
    .where('userAccount.id', '=', user.slice('user:'.length))
    .execute()
  return rows.map(({ projectId, role, disabledAt }) => ({ projectId, role: knownRole(role), isDisabled: disabledAt !== null }))
}

function grantOf(row: {
  id: string
  principal: string
  projectId: string | null
  role: string
  grantedAt: Date
  grantedBy: string
}): Grant {
  const { id, principal, projectId, role, grantedAt, grantedBy } = row
  return { id, userId: principal.slice('user:'.length), projectId, role: knownRole(role), grantedAt, grantedBy }
}

function knownRole(role: string): Role {
  if (isRole(role)) return role
  throw new CoffreError('internal', `the catalogue holds the role ${role}, which this version does not know`)
}

function ownRoles(): CoffreError {
  return new CoffreError('role.self', 'nobody gives roles to himself', { hint: 'Ask another security officer.' })
}
