import { minuteMs } from '@coffre/foundation'
import { sql, type Transaction } from 'kysely'
import type { Database } from '../catalogue/database.ts'
import { activeJobStates } from '../jobs/job-transitions.ts'
import { machineFor } from '../jobs/machine-for.ts'
import { newBackupJob } from '../jobs/new-backup.ts'
import { PlannedRules, selectableSources } from '../plans/planned-rules.ts'
import { engineNamed } from '../sources/source-engines.ts'
import { isUsableBase } from '../streams/usable-base.ts'
import { type WantedStream, wantedStreams } from '../streams/wanted-streams.ts'
import type { DueParts } from './due-rules.ts'
import { loadSources, loadVaults } from './load-project.ts'

/** Held while one of several servers does it. */
const lockNumber = 0x436f6672
/** What failed is begun again after so long. */
const againMs = 10 * minuteMs
/** Attempts of a capture end with errors that nobody knows; it goes on all the same. */
const attemptsMax = 1_000_000_000

/**
 * Sees to it that each log that rules want is captured by exactly one job, and no other is; and that each log has a base to be replayed
 * on, from its first seal on, and anew where a gap has parted it from its bases. Resolves to how many jobs it made.
 */
export async function startDueCaptures(parts: DueParts): Promise<number> {
  const { catalogue, store } = parts
  const { made, unwanted } = await catalogue.transaction().execute(async (within) => {
    await sql`select pg_advisory_xact_lock(${lockNumber})`.execute(within)
    let made = 0
    const unwanted: string[] = []
    for (const projectId of await projectsOf(within)) {
      const captures = new ProjectCaptures(parts, projectId, within)
      unwanted.push(...(await captures.load()))
      made += await captures.start()
    }
    return { made, unwanted }
  })
  for (const id of unwanted) await store.cancel(id)
  return made
}

/** Those with a rule that wants log, or a capture that may be wanted no more. */
async function projectsOf(within: Transaction<Database>): Promise<string[]> {
  const { rows } = await sql<{ projectId: string }>`
    select plan.project_id from rule join plan on plan.id = rule.plan_id
    where rule.deletion_date is null and plan.deletion_date is null and (rule.definition->>'isContinuous')::boolean
    union
    select project_id from job where kind = 'CAPTURE' and state in (${sql.join(activeJobStates)})`.execute(within)
  return rows.map(({ projectId }) => projectId)
}

interface WantedCapture {
  readonly stream: WantedStream
  readonly source: Awaited<ReturnType<typeof loadSources>>[number]
  readonly vault: Awaited<ReturnType<typeof loadVaults>>[number]
}

/** The captures of one project, within one transaction. */
class ProjectCaptures {
  readonly #parts: DueParts
  readonly #projectId: string
  readonly #within: Transaction<Database>
  #wanted: readonly WantedCapture[] = []

  constructor(parts: DueParts, projectId: string, within: Transaction<Database>) {
    this.#parts = parts
    this.#projectId = projectId
    this.#within = within
  }

  /** Resolves to the jobs that nobody wants any more. */
  async load(): Promise<string[]> {
    const rules = await PlannedRules.load(this.#within, this.#projectId)
    const sources = await loadSources(this.#within, this.#projectId)
    const vaults = await loadVaults(this.#within, this.#projectId)
    const selectable = await selectableSources(this.#within, this.#projectId)
    this.#wanted = selectable.flatMap((one) =>
      wantedStreams(rules, one).flatMap((stream) => {
        const source = sources.find(({ id }) => id === one.id)
        const vault = vaults.find(({ name }) => name === stream.vault)
        return source === undefined || vault === undefined || !this.#isContinuous(source) ? [] : [{ stream, source, vault }]
      }),
    )
    const running = await this.#within
      .selectFrom('job')
      .select(['id', 'sourceId', 'vaultId'])
      .where('projectId', '=', this.#projectId)
      .where('kind', '=', 'CAPTURE')
      .where('state', 'in', activeJobStates)
      .where('state', '<>', 'ABORTING')
      .execute()
    const isWanted = (job: (typeof running)[number]): boolean =>
      this.#wanted.some(({ source, vault }) => source.id === job.sourceId && vault.id === job.vaultId)
    return running.filter((job) => !isWanted(job)).map(({ id }) => id)
  }

  async start(): Promise<number> {
    let made = 0
    for (const wanted of this.#wanted) {
      if (await this.#capture(wanted)) made++
      if (await this.#base(wanted)) made++
    }
    return made
  }

  async #capture({ source, vault, stream: { planned } }: WantedCapture): Promise<boolean> {
    if (await this.#isUnderWay('CAPTURE', source.id, vault.id)) return false
    const request = JSON.stringify({ machine: machineFor(this.#parts.machine, vault) })
    const { id: sourceId, name: sourceName, projectId, accountLabel, regionLabel } = source
    const about = { projectId, accountLabel, regionLabel, sourceId, sourceName, vaultId: vault.id, vaultName: vault.name }
    const { planId, planName, ruleId, rule } = planned
    const policy = { planId, planName, ruleId, ruleName: rule.name }
    const job = { ...about, ...policy, kind: 'CAPTURE', request, createdBy: 'system:captures', attemptsMax } as const
    return (await this.#parts.store.create(job, this.#within)) !== undefined
  }

  async #base({ source, vault, stream: { planned } }: WantedCapture): Promise<boolean> {
    const { rows } = await sql<{ id: string }>`
      select stream.id from stream
      where stream.source_id = ${source.id} and stream.vault_id = ${vault.id} and stream.state = 'CAPTURING'
        and stream.epoch is not null and not exists (select from point where ${isUsableBase})`.execute(this.#within)
    if (rows.length === 0 || (await this.#isUnderWay('BACKUP', source.id, vault.id))) return false
    const { lifecycle } = planned.rule
    const machine = machineFor(this.#parts.machine, vault)
    const wish = { source, vault, planned, lifecycle, timeZone: planned.timeZone, tags: {}, machine, createdBy: 'system:captures' }
    return (await this.#parts.store.create(newBackupJob(wish), this.#within)) !== undefined
  }

  /** Or has failed so lately that the next one waits. Of bases, one that was made and cannot be used counts as failed. */
  async #isUnderWay(kind: 'CAPTURE' | 'BACKUP', sourceId: string, vaultId: string): Promise<boolean> {
    const since = new Date(this.#parts.context.clock.nowMs() - againMs)
    const { rows } = await sql<{ found: boolean }>`
      select exists (
        select from job
        where kind = ${kind} and source_id = ${sourceId} and vault_id = ${vaultId}
          and (state in (${sql.join(activeJobStates)})
            or state = 'FAILED' and completed_at > ${since}
            or kind = 'BACKUP' and state in ('COMPLETED', 'PARTIAL') and completed_at > ${since}
              and started_at > (select epoch_at from stream where source_id = ${sourceId} and vault_id = ${vaultId}))
      ) as found`.execute(this.#within)
    return rows[0]?.found ?? false
  }

  #isContinuous({ engine: name }: { readonly engine: string }): boolean {
    const engine = engineNamed(this.#parts.engines, name)
    return engine.kind === 'items' && engine.connector.abilities.isContinuous
  }
}
