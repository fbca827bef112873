import type { Context } from '@coffre/foundation'
import type { Hold } from '@coffre/repository'
import type { Transaction } from 'kysely'
import type { Database } from '../catalogue/database.ts'
import { isUuid } from '../catalogue/is-uuid.ts'
import { newId } from '../catalogue/new-id.ts'
import { settleHolds } from '../holds/settle-holds.ts'
import { insertTags } from './insert-tags.ts'
import type { PolicyRecord } from './policy-record.ts'
import type { RebuiltVault } from './rebuilt-vaults.ts'

/** The holds of a catalogue as it is remade: what a vault's state holds is held, whatever else is known of it. */
export class RebuiltHolds {
  readonly #context: Context
  readonly #policies: readonly PolicyRecord[]
  readonly #within: Transaction<Database>
  /** Ids by project and name in vaults. */
  readonly #made = new Map<string, string>()

  constructor(context: Context, policies: readonly PolicyRecord[], within: Transaction<Database>) {
    this.#context = context
    this.#policies = policies
    this.#within = within
  }

  /** Makes the holds that the vault's state names, but for those that are there by these names, and binds its points to them. */
  async bind(
    { id: vaultId, projectId, found }: RebuiltVault,
    pointIds: ReadonlyMap<string, string>,
    there: ReadonlySet<string> = new Set(),
  ): Promise<void> {
    for (const hold of found.state.holds.values()) {
      if (there.has(hold.name)) continue
      const key = `${projectId} ${hold.name}`
      const holdId = this.#made.get(key) ?? (await this.#make(projectId, vaultId, hold))
      this.#made.set(key, holdId)
      const bound = [...hold.snapshots].flatMap((snapshotId) => pointIds.get(snapshotId) ?? [])
      const rows = bound.map((pointId) => ({ holdId, pointId, state: 'HELD' as const }))
      if (rows.length > 0) await this.#within.insertInto('holdPoint').values(rows).execute()
    }
  }

  /** Makes those that bind nothing yet, and resolves to how many there are in all. */
  async settle(): Promise<number> {
    for (const { project, holds } of this.#policies)
      for (const hold of holds) if (hold.isEmpty) this.#made.set(hold.id, await this.#insert(project.id, hold))
    await settleHolds([...this.#made.values()], this.#within)
    return this.#made.size
  }

  async #make(projectId: string, vaultId: string, { name, reason, sinceMs }: Hold): Promise<string> {
    const known = this.#policies
      .filter(({ project }) => project.id === projectId)
      .flatMap(({ holds }) => holds)
      .find((hold) => (hold.recordName ?? hold.id) === name)
    if (known !== undefined) return this.#insert(projectId, known)
    // Whoever made it without a server, or just before it was lost: it binds what it holds, and nothing that comes.
    const nothingNew = { vaults: [vaultId], sources: [], createdAfter: null, createdBefore: new Date(0).toISOString() }
    return this.#insert(projectId, {
      id: isUuid(name) ? name : newId(this.#context),
      recordName: name,
      title: reason === '' ? name : reason,
      description: `found in a vault as ${name}`,
      state: 'ACTIVE',
      query: nothingNew,
      createdAt: new Date(sinceMs),
      cancelledAt: null,
      isEmpty: false,
      tags: {},
    })
  }

  async #insert(projectId: string, { isEmpty: _isEmpty, tags, ...hold }: PolicyRecord['holds'][number]): Promise<string> {
    // It is active again once all that it binds is found to be held.
    const state = hold.state === 'ACTIVE' ? 'CREATING' : hold.state
    const row = { ...hold, projectId, state, query: JSON.stringify(hold.query), createdBy: 'system:rebuild' }
    await this.#within.insertInto('hold').values(row).execute()
    await insertTags(this.#within, { projectId, objectKind: 'hold', objectId: hold.id, tags })
    return hold.id
  }
}
