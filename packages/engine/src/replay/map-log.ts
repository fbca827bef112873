import type { Connector, LogFormat, LogMapOptions, LogMinute, Position } from '@coffre/connector'
import { CoffreError, isCoffreError } from '@coffre/foundation'
import { describeLog, JournalReader } from '@coffre/journal'
import { loadIndex } from '@coffre/repository'
import { logOf } from '../capture/log-of.ts'
import type { VaultSession } from '../vault-session.ts'
import { listBases } from './list-bases.ts'

/** What the log of a source did in a stretch of time, from the vault alone, so that the instant before a mistake can be chosen. */
export async function mapLog(
  session: VaultSession,
  connector: Connector,
  source: string,
  options: LogMapOptions,
  signal: AbortSignal,
): Promise<readonly LogMinute[]> {
  const { repository } = session
  const index = await loadIndex(repository, {}, signal)
  const [base] = await listBases(session, index, connector.engine, source, signal)
  const format = base && connector.logFormat?.(base.document)
  if (base === undefined || format === undefined || connector.mapLog === undefined) {
    throw new CoffreError('point.none', `the vault has no base of ${source}, which says how its log is to be read`, {
      hint: 'Its first backup makes one: `coffre backup`.',
    })
  }
  const minutes: LogMinute[] = []
  for (const { epoch } of await describeLog(repository, index, logOf(source), signal)) {
    const reader = await JournalReader.open(repository, index, format, { stream: logOf(source), epoch }, signal)
    const begin = await beginOf(reader, format, options.sinceUs, signal)
    if (begin === undefined) continue
    minutes.push(...(await connector.mapLog(reader.read(begin, reader.end, signal), options, base.document, signal)))
  }
  return minutes
}

/** Where the log of that time begins; undefined when the epoch ends before it. */
async function beginOf(reader: JournalReader, format: LogFormat, us: number, signal: AbortSignal): Promise<Position | undefined> {
  try {
    const located = await reader.locate({ atUs: us }, signal)
    if (located.kind === 'end') return undefined
    const begin = format.fileStart(located.before ?? located.after)
    return begin.branch === reader.begin.branch && begin.offset < reader.begin.offset ? reader.begin : begin
  } catch (error) {
    if (!isCoffreError(error, 'journal.outside-window')) throw error
    const end = await reader.markAt(reader.end, signal)
    // It lies before all of the epoch, or after all of it.
    return (end.before?.sourceMs ?? 0) * 1000 < us ? undefined : reader.begin
  }
}
