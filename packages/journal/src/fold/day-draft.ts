import type { Mark } from '@coffre/connector'
import type { BlobReader, Node } from '@coffre/repository'
import { loadHour } from '../read/folded-hour.ts'
import type { FoldedDay } from '../read/log-content.ts'
import type { HourSummary } from './day-document.ts'
import { hourName } from './hour-clock.ts'
import { emptyHour, type HourIndex, hourIndexName } from './hour-index.ts'

/** A folder of an hour as the point of before has it: taken over as it is. */
interface KeptHour {
  readonly kind: 'kept'
  readonly summary: HourSummary
  readonly node: Node
}

/** One that is made anew, of files of before and of others that come. */
export interface ChangedHour {
  readonly kind: 'changed'
  index: HourIndex
  /** Of the files and documents of before. */
  readonly nodes: Map<string, Node>
}

/** What the point of a day is to hold. */
export class DayDraft {
  readonly dayMs: number
  /** The point of the day as it was. */
  readonly before: FoldedDay | undefined
  readonly hours = new Map<number, KeptHour | ChangedHour>()

  constructor(dayMs: number, before: FoldedDay | undefined) {
    this.dayMs = dayMs
    this.before = before
  }

  /** A day whose point is there, as it is. */
  static async of(dayMs: number, day: FoldedDay, reader: BlobReader, signal: AbortSignal): Promise<DayDraft> {
    const draft = new DayDraft(dayMs, day)
    const nodes = await reader.tree(day.point.snapshot.tree, signal)
    for (const summary of day.document.hours) {
      const node = nodes.find(({ name }) => name === summary.hour)
      if (node !== undefined)
        draft.hours.set(Date.parse(`${day.document.day}T${summary.hour}:00Z`), { kind: 'kept', summary, node })
    }
    return draft
  }

  /** The hour, to be changed. */
  async change(hourMs: number, reader: BlobReader, signal: AbortSignal): Promise<ChangedHour> {
    const hour = this.hours.get(hourMs)
    if (hour?.kind === 'changed') return hour
    const changed = { kind: 'changed' as const, index: emptyHour, nodes: new Map<string, Node>() }
    if (hour !== undefined && this.before !== undefined) {
      const { index, nodes } = await loadHour(reader, this.before.point, hourName(hourMs), signal)
      changed.index = index
      for (const [name, node] of nodes) if (name !== hourIndexName) changed.nodes.set(name, node)
    }
    this.hours.set(hourMs, changed)
    return changed
  }

  /** Takes the files of a branch out whose log begins at or after an offset: they come again. */
  async dropFrom(
    branch: string,
    after: string,
    reader: BlobReader,
    signal: AbortSignal,
  ): Promise<{ after: string; hourMs: number }[]> {
    const dropped: { after: string; hourMs: number }[] = []
    for (const [hourMs, hour] of this.hours) {
      const mayHave = hour.kind === 'changed' || hour.summary.runs.some((run) => run.branch === branch && run.through > after)
      if (!mayHave) continue
      const changed = await this.change(hourMs, reader, signal)
      const isDropped = (file: { branch: string; after: string }): boolean => file.branch === branch && file.after >= after
      for (const file of changed.index.files.filter(isDropped)) {
        dropped.push({ after: file.after, hourMs })
        changed.nodes.delete(file.name)
      }
      changed.index = { ...changed.index, files: changed.index.files.filter((file) => !isDropped(file)) }
    }
    return dropped
  }
}

export function withMarks(index: HourIndex, marks: readonly Mark[]): HourIndex {
  return { ...index, marks: [...index.marks, ...marks] }
}
