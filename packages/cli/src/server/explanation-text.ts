import type { JobView } from '@coffre/api-contract'
import type { Texts } from '../messages/texts.ts'
import { formatBytes, formatSeconds } from '../output/amounts.ts'
import { objectLines, timeCell } from '../output/object-table.ts'
import { recordText, type ShownEpoch, type ShownStop } from './log-text.ts'
import { ServerError, type ServerProblem } from './server-error.ts'

/** What a job `EXPLAIN` came to. */
interface Explanation {
  readonly base: { readonly pointId: string | null; readonly consistentAt: string | null; readonly bytes: number | null }
  readonly logBytes: number
  /** Null where there is no log. */
  readonly stop: ShownStop | null
  readonly log: (ShownEpoch & { readonly from: string }) | null
  readonly expectedSeconds: number | null
  /** Null where none is started. */
  readonly engine: ShownEngine | null
  readonly obstacles: readonly ServerProblem[]
}

interface ShownEngine {
  readonly name: string
  readonly version: string | null
  readonly aside: { readonly folder: string; readonly neededBytes: number; readonly freeBytes: number } | null
}

/** What a restore would do, and what stands in its way. */
export function explanationLines({ result }: JobView, texts: Texts): string[] {
  const { base, log, logBytes, stop, expectedSeconds, engine, obstacles } = result as unknown as Explanation
  const record = (found: ShownStop['lastKept']): string => (found === undefined ? '-' : recordText(found))
  const { consistentAt, bytes, pointId } = base
  return [
    ...objectLines(
      [
        ['column.base', `${timeCell(consistentAt)}  ${bytes === null ? '-' : formatBytes(bytes)}  ${pointId ?? '-'}`],
        ['column.log', log === null ? undefined : formatBytes(logBytes)],
        ['column.window', log === null ? undefined : `${timeCell(log.from)} - ${timeCell(log.windows.at(-1)?.until ?? null)}`],
        ['column.lastKept', stop === null ? undefined : record(stop.lastKept)],
        ['column.firstLeftOut', stop === null ? undefined : record(stop.firstLeftOut)],
        ['column.expected', expectedSeconds === null ? undefined : formatSeconds(expectedSeconds)],
        ['column.engine', engine === null ? undefined : engineText(engine, texts)],
      ],
      texts,
    ),
    ...obstacles.flatMap((obstacle) => obstacleLines(obstacle, texts)),
  ]
}

/** The version that is needed, that which is there, and the room that it takes aside. */
function engineText({ name, version, aside }: ShownEngine, texts: Texts): string {
  const found = version === null ? texts.say('explain.engineMissing', { name }) : texts.say('explain.engine', { name, version })
  if (aside === null) return found
  const { folder, neededBytes, freeBytes } = aside
  return `${found}\n${texts.say('explain.aside', { folder, needed: formatBytes(neededBytes), free: formatBytes(freeBytes) })}`
}

function obstacleLines(obstacle: ServerProblem, texts: Texts): string[] {
  const { code, message, hint } = new ServerError(obstacle)
  const problem = texts.explain(code, message)
  const advice = texts.advise(code, hint)
  return [texts.say('explain.obstacle', { problem }), ...(advice === undefined ? [] : [`  ${advice}`])]
}
