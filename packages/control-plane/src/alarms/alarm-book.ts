import type { Context } from '@coffre/foundation'
import type { Selectable } from 'kysely'
import type { Catalogue } from '../catalogue/database.ts'
import { newHexId, newId } from '../catalogue/new-id.ts'
import type { AlarmTable } from '../catalogue/tables/people-tables.ts'
import { type Trouble, troubleKinds } from './trouble.ts'

export interface AlarmChange {
  readonly alarm: Selectable<AlarmTable>
  readonly change: 'raised' | 'cleared'
}

/** Makes the alarms of a project agree with the troubles that it has now. Resolves to what changed. */
export async function renewAlarms(
  catalogue: Catalogue,
  context: Context,
  project: { readonly id: string; readonly orgId: string },
  troubles: readonly Trouble[],
): Promise<AlarmChange[]> {
  const now = new Date(context.clock.nowMs())
  return catalogue.transaction().execute(async (transaction) => {
    const standing = await transaction
      .selectFrom('alarm')
      .selectAll()
      .where('projectId', '=', project.id)
      .where('clearedAt', 'is', null)
      .where('kind', 'in', troubleKinds)
      .forUpdate()
      .execute()
    const changes: AlarmChange[] = []
    const known = new Map(standing.map((alarm) => [keyOf(alarm), alarm]))
    for (const { kind, subjectKind, subjectId, severity, message } of troubles) {
      const alarm = known.get(keyOf({ kind, subjectKind, subjectId }))
      known.delete(keyOf({ kind, subjectKind, subjectId }))
      if (alarm !== undefined) {
        await transaction.updateTable('alarm').set({ severity, message, seenAt: now }).where('id', '=', alarm.id).execute()
        continue
      }
      const ids = { id: newId(context), hexId: newHexId(context), orgId: project.orgId, projectId: project.id }
      const raised = await transaction
        .insertInto('alarm')
        .values({ ...ids, kind, subjectKind, subjectId, severity, message, detail: '{}', raisedAt: now, seenAt: now })
        .onConflict((conflict) => conflict.doNothing())
        .returningAll()
        .executeTakeFirst()
      if (raised !== undefined) changes.push({ alarm: raised, change: 'raised' })
    }
    for (const alarm of known.values()) {
      await transaction.updateTable('alarm').set({ clearedAt: now }).where('id', '=', alarm.id).execute()
      changes.push({ alarm: { ...alarm, clearedAt: now }, change: 'cleared' })
    }
    const events = changes.map(({ alarm, change }) => ({
      at: now,
      orgId: project.orgId,
      projectId: project.id,
      kind: `alarm.${change}`,
      subjectKind: 'alarm',
      subjectId: alarm.id,
      detail: JSON.stringify({ kind: alarm.kind, severity: alarm.severity, message: alarm.message }),
    }))
    if (events.length > 0) await transaction.insertInto('event').values(events).execute()
    return changes
  })
}

function keyOf({ kind, subjectKind, subjectId }: { kind: string; subjectKind: string; subjectId: string | null }): string {
  return `${kind} ${subjectKind} ${subjectId}`
}
