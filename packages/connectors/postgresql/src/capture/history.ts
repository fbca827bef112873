import type { Branch } from '@coffre/connector'
import { CoffreError } from '@coffre/foundation'
import type { ReplicationConnection } from '../connection/replication-connection.ts'
import { formatLsn, type Lsn, parseLsn, walPlace, walPosition } from '../wal/lsn.ts'

/** A timeline that another one left, and where. */
export interface PastTimeline {
  readonly timeline: number
  readonly end: Lsn
}

/** How a timeline came about. */
export interface TimelineHistory {
  readonly timeline: number
  /** Those before it, the oldest first. */
  readonly past: readonly PastTimeline[]
  /** The history file as the server has it; none for the first timeline. */
  readonly document: string | undefined
}

/** What the server knows of how it came to its timeline. */
export async function readHistory(connection: ReplicationConnection, timeline: number): Promise<TimelineHistory> {
  if (timeline === 1) return { timeline, past: [], document: undefined }
  const [row] = await connection.query(`TIMELINE_HISTORY ${timeline}`)
  const document = row?.[1]
  if (document == null) throw new CoffreError('source.failed', `PostgreSQL has no history of its timeline ${timeline}`)
  return { timeline, past: parseHistory(document), document }
}

/** One line for each timeline that was left: its number, where, and why. */
function parseHistory(document: string): PastTimeline[] {
  return document.split('\n').flatMap((line) => {
    const [timeline, end] = line.trim().split(/\s+/)
    return timeline === undefined || end === undefined || timeline.startsWith('#')
      ? []
      : [{ timeline: Number(timeline), end: parseLsn(end) }]
  })
}

/** The timelines as branches, each with the one that it left; the last one carries the history file, which names them all. */
export function branchesOf({ timeline, past, document }: TimelineHistory): readonly Branch[] {
  return [...past.map((one) => one.timeline), timeline].map((one, at) =>
    branch(one, past[at - 1], one === timeline ? document : undefined),
  )
}

/** The first timeline that left `timeline` on the way to where the history ends; undefined when it is not on that way. */
export function successorOf(
  { timeline, past, document }: TimelineHistory,
  of: number,
): { readonly branch: Branch; readonly forkedAt: Lsn } | undefined {
  const at = past.findIndex((one) => one.timeline === of)
  const left = past[at]
  if (left === undefined) return undefined
  const next = past[at + 1]?.timeline ?? timeline
  return { branch: branch(next, left, next === timeline ? document : undefined), forkedAt: left.end }
}

/** The history file of a timeline: the server's own, or what the branches tell. The first timeline has none. */
export function historyOf(id: string, branches: readonly Branch[]): string | undefined {
  const last = branches.find((one) => one.id === id)
  if (last?.document !== undefined) return last.document
  const lines: string[] = []
  for (let at = last; at?.parent !== undefined; ) {
    const { parent } = at
    const place = walPlace({ branch: parent.id, offset: parent.forkOffset })
    lines.unshift(`${place.timeline}\t${formatLsn(place.lsn)}\tno recovery target specified\n`)
    at = branches.find((one) => one.id === parent.id)
  }
  return lines.length === 0 ? undefined : lines.join('')
}

function branch(timeline: number, parent: PastTimeline | undefined, document: string | undefined): Branch {
  const { branch: id } = walPosition(timeline, 0)
  if (parent === undefined) return { id }
  const { branch: parentId, offset } = walPosition(parent.timeline, parent.end)
  return { id, parent: { id: parentId, forkOffset: offset }, ...(document === undefined ? {} : { document }) }
}
