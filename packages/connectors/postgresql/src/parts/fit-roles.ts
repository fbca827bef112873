import { quoted } from './relation-name.ts'
import type { SideInstance } from './side-instance.ts'
import { openSide } from './side-session.ts'
import type { TargetServer } from './target-server.ts'

/** Roles that own something in the database, or have rights there. The cluster's own is in no list of what depends on it. */
const usedQuery = `select r.rolname as name, r.oid = 10 as is_first from pg_roles r where r.rolname !~ '^pg_' and (r.oid = 10 or r.oid in (
  select refobjid from pg_shdepend where refclassid = 'pg_authid'::regclass
    and dbid = (select oid from pg_database where datname = current_database())))`

const bare = { keepsOwners: false, arguments: ['--no-owner', '--no-privileges'] }
const whole = { keepsOwners: true, arguments: [] }

export interface FittedRoles {
  readonly keepsOwners: boolean
  /** For pg_dump and pg_restore alike. */
  readonly arguments: readonly string[]
  readonly notes: readonly string[]
}

/**
 * Owners and rights go along where the target has the roles. What roles own that it has not is given, in the side instance, to the role
 * that we sign in as, and their rights are taken away.
 */
export async function fitRoles(
  side: SideInstance,
  target: TargetServer,
  databases: readonly { readonly name: string }[],
  signal: AbortSignal,
): Promise<FittedRoles> {
  if (!target.isSuperuser) {
    const note = `Owners and rights were left out, as only a superuser may set them: all belongs to ${target.user}.`
    return { ...bare, notes: [note] }
  }
  const present = await target.roles()
  const missing = new Map<string, boolean>()
  for (const { name: database } of databases) {
    const used = await openSide(side, database, signal, (query) => query(usedQuery))
    for (const { name, is_first } of used) if (!present.has(String(name))) missing.set(String(name), is_first === true)
  }
  for (const [name, isFirst] of missing) {
    if (!isFirst) continue
    const note = `Owners and rights were left out, as the target has no role ${name}: all belongs to ${target.user}.`
    return { ...bare, notes: [note] }
  }
  if (missing.size === 0) return { ...whole, notes: [] }
  const owner = quoted(target.user)
  for (const [at, { name: database }] of databases.entries()) {
    await openSide(side, database, signal, async (query) => {
      const known = await query('select from pg_roles where rolname = $1', [target.user])
      if (at === 0 && known.length === 0) await query(`create role ${owner} superuser`)
      for (const role of missing.keys()) {
        await query(`reassign owned by ${quoted(role)} to ${owner}`)
        await query(`drop owned by ${quoted(role)}`)
      }
    })
  }
  const notes = [...missing.keys()].map(
    (role) => `The target has no role ${role}: what it owned belongs to ${target.user}, and its rights were left out.`,
  )
  return { ...whole, notes }
}
