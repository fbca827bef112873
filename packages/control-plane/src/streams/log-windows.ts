import type { Transaction } from 'kysely'
import type { Catalogue, Database } from '../catalogue/database.ts'
import { PlannedRules, selectableSources } from '../plans/planned-rules.ts'
import { type WantedStream, wantedStreams } from './wanted-streams.ts'

/** The logs that the rules of a project want, each with its window, as they are at one moment. */
export class LogWindows {
  readonly #wanted: ReadonlyMap<string, WantedStream>

  private constructor(wanted: ReadonlyMap<string, WantedStream>) {
    this.#wanted = wanted
  }

  /** `rules` are those of the project, where they are known already. */
  static async load(reader: Catalogue | Transaction<Database>, projectId: string, rules?: PlannedRules): Promise<LogWindows> {
    const vaults = await reader
      .selectFrom('vault')
      .select(['id', 'name'])
      .where('projectId', '=', projectId)
      .where('deletionDate', 'is', null)
      .execute()
    const idOf = new Map(vaults.map(({ id, name }) => [name, id]))
    const planned = rules ?? (await PlannedRules.load(reader, projectId))
    const streams = (await selectableSources(reader, projectId)).flatMap((source) => wantedStreams(planned, source))
    return new LogWindows(new Map(streams.map((stream) => [keyOf(stream.sourceId, idOf.get(stream.vault) ?? ''), stream])))
  }

  /** Undefined where no rule wants log. */
  get(sourceId: string, vaultId: string): WantedStream | undefined {
    return this.#wanted.get(keyOf(sourceId, vaultId))
  }
}

function keyOf(sourceId: string, vaultId: string): string {
  return `${sourceId} ${vaultId}`
}
