import type { PointFile, RestoreReport, RestoreRequest, StoredPoint } from '@coffre/connector'
import { bytesOf, CoffreError, throwIfAborted } from '@coffre/foundation'
import type { ClientPrograms } from '../programs/find-client-programs.ts'
import { feedProgram } from './feed-program.ts'
import { type DumpedDatabase, dumpsFolder, globalsFile, readLogicalDetails } from './logical-details.ts'
import type { LogicalOptions } from './logical-options.ts'
import { makeDatabase, settleDatabase } from './make-database.ts'
import { planRoles, type RolesPlan } from './plan-roles.ts'
import { databaseArgument } from './program-output.ts'
import type { TargetServer } from './target-server.ts'

const globalsBytesMax = 64 * 1024 * 1024

/**
 * Puts whole databases back into a running server: the roles that it lacks, then each database in one transaction, from the vault
 * straight into pg_restore. What is there already is refused before the first change; when it fails, the databases that were made are
 * dropped again, and roles that were made stay.
 */
export class DatabasesRestore {
  readonly #point: StoredPoint
  readonly #request: RestoreRequest
  readonly #options: LogicalOptions
  readonly #target: TargetServer
  readonly #programs: ClientPrograms
  readonly #signal: AbortSignal
  readonly #notes: string[] = []
  readonly #made: string[] = []
  #fedBytes = 0

  constructor(
    point: StoredPoint,
    request: RestoreRequest,
    options: LogicalOptions,
    target: TargetServer,
    programs: ClientPrograms,
    signal: AbortSignal,
  ) {
    this.#point = point
    this.#request = request
    this.#options = options
    this.#target = target
    this.#programs = programs
    this.#signal = signal
  }

  async run(): Promise<RestoreReport> {
    const { onProgress, onPhase, target } = this.#request
    const chosen = this.#choose()
    const present = await this.#refuseUsed(chosen)
    onProgress(0)
    throwIfAborted(this.#signal)
    const roles = await this.#makeRoles()
    onPhase?.('laying-out')
    try {
      await this.#restoreAll(chosen, present, roles)
    } catch (error) {
      for (const name of this.#made) await this.#target.drop(name).catch(() => undefined)
      throw error
    }
    onProgress(1)
    const tables = chosen.reduce((sum, one) => sum + one.tables, 0)
    const counts = { databases: chosen.length, tables, bytes: this.#fedBytes }
    return { target, counts, notes: this.#notes, details: { databases: chosen.map(({ name }) => name) } }
  }

  #choose(): readonly DumpedDatabase[] {
    const { databases } = readLogicalDetails(this.#point.manifest)
    const wanted = this.#options.databases
    if (wanted === undefined) return databases
    const missing = wanted.filter((name) => databases.every((one) => one.name !== name))
    if (missing.length === 0) return databases.filter(({ name }) => wanted.includes(name))
    throw new CoffreError('usage.invalid', `the point has no database ${missing.join(', ')}`, {
      hint: `It has ${databases.map(({ name }) => name).join(', ')}.`,
    })
  }

  /** Resolves to those that are there, and empty. */
  async #refuseUsed(chosen: readonly DumpedDatabase[]): Promise<ReadonlySet<string>> {
    const all = await this.#target.databases()
    const present = chosen.filter(({ name }) => all.has(name)).map(({ name }) => name)
    const used: string[] = []
    for (const name of present) if (await this.#target.isUsed(name, this.#signal)) used.push(name)
    if (used.length === 0) return new Set(present)
    throw new CoffreError(
      'target.not-empty',
      `PostgreSQL at ${this.#target.name} has ${used.join(', ')} already, with something in it`,
      {
        hint: 'Nothing was changed. Rename or drop what is there, choose other databases, or restore into another server.',
      },
    )
  }

  async #makeRoles(): Promise<RolesPlan> {
    const script = await this.#globals()
    const plan = planRoles(script, await this.#target.roles())
    if (plan.hasTablespaces) this.#notes.push('Tablespaces were not made: everything lies in the one of its database.')
    if (!this.#options.makesRoles || plan.missing.length === 0) return plan
    const refused: string[] = []
    for (const statement of plan.statements) {
      throwIfAborted(this.#signal)
      const why = await this.#target.attempt(statement)
      // The statement itself may have a password in it.
      if (why !== undefined) refused.push(`${statement.split(' ').slice(0, 3).join(' ')} (${why})`)
    }
    this.#notes.push(`Roles were made: ${plan.missing.join(', ')}. Those that were there stayed as they were.`)
    if (!readLogicalDetails(this.#point.manifest).hasRolePasswords)
      this.#notes.push('They have no passwords, because the point has none: set them with ALTER ROLE … PASSWORD.')
    if (refused.length > 0) this.#notes.push(`The server refused of them: ${refused.join('; ')}.`)
    return plan
  }

  async #globals(): Promise<string> {
    const chunks: Buffer[] = []
    for await (const item of this.#point.items('', this.#signal)) {
      if (item.kind !== 'file' || item.path !== globalsFile) continue
      let sizeBytes = 0
      for await (const chunk of item.content) {
        sizeBytes += chunk.length
        if (sizeBytes > globalsBytesMax)
          throw new CoffreError('target.failed', `${globalsFile} is larger than ${globalsBytesMax} bytes`)
        chunks.push(Buffer.from(chunk))
      }
    }
    return Buffer.concat(chunks).toString()
  }

  async #restoreAll(chosen: readonly DumpedDatabase[], present: ReadonlySet<string>, { roles }: RolesPlan): Promise<void> {
    const there = await this.#target.roles()
    const lacking = roles.filter((role) => !there.has(role))
    // Only a superuser may make others the owners of things.
    const keepsOwners = this.#target.isSuperuser && lacking.length === 0
    const keepsPrivileges = lacking.length === 0
    if (!keepsOwners) this.#notes.push(`Everything belongs to ${this.#target.user}, who restored it.`)
    if (!keepsPrivileges) this.#notes.push(`Rights were not restored: the server has no ${lacking.join(', ')}.`)
    const options = [...(keepsOwners ? [] : ['--no-owner']), ...(keepsPrivileges ? [] : ['--no-privileges'])]
    for await (const item of this.#point.items(dumpsFolder, this.#signal)) {
      const database = chosen.find(({ file }) => file === bytesOf(item.path).toString())
      if (database === undefined || item.kind !== 'file') continue
      if (!present.has(database.name)) {
        await makeDatabase(this.#target, database, keepsOwners)
        this.#made.push(database.name)
      }
      await this.#restoreOne(database, item, options, chosen)
      this.#notes.push(...(await settleDatabase(this.#target, database, keepsPrivileges)))
    }
  }

  async #restoreOne(
    { name }: DumpedDatabase,
    { content }: PointFile,
    options: readonly string[],
    chosen: readonly DumpedDatabase[],
  ): Promise<void> {
    const totalBytes = Math.max(
      1,
      chosen.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    )
    const args = [
      '--no-password',
      '--single-transaction',
      '--exit-on-error',
      '--no-tablespaces',
      ...options,
      databaseArgument(name),
    ]
    const { folder } = this.#programs
    const onChunk = (bytes: number): void => {
      this.#fedBytes += bytes
      this.#request.onProgress(Math.min(0.99, this.#fedBytes / totalBytes))
    }
    await feedProgram({ folder, program: 'pg_restore', args, login: this.#target.login }, content, onChunk, this.#signal)
  }
}
