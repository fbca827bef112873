import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { formatLsn, type Lsn, parseLsn } from '../lsn.ts'

/** What `pg_waldump` says of the end of a transaction, with the rows that it had counted for it. */
export interface DumpedEnd {
  readonly kind: string
  readonly start: Lsn
  readonly previous: Lsn
  readonly xid: number
  readonly timeUs: number
  readonly subxids: readonly number[]
  readonly removed: readonly string[]
  /** File → inserts/updates/deletes. */
  readonly files: Readonly<Record<string, string>>
}

export interface WalDump {
  readonly records: number
  readonly ends: readonly DumpedEnd[]
}

/** The part of the test kit's server that is needed. */
export interface DumpedServer {
  readonly dataFolder: string
  readonly installation: { readonly binFolder: string; readonly environment: NodeJS.ProcessEnv }
}

type Counts = [inserts: number, updates: number, deletes: number]

const run = promisify(execFile)
const outputBytesMax = 1024 ** 3
const linePattern = /^rmgr: (\w+) .*? tx: +(\d+), lsn: (\S+), prev (\S+), desc: (.*)$/
const endPattern = /^(COMMIT|ABORT|COMMIT_PREPARED|ABORT_PREPARED) (?:(\d+): )?(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)\.(\d{6}) UTC(.*)$/

/** Runs the server's `pg_waldump` over a part of its log, in UTC. */
export async function dumpWal(server: DumpedServer, from: Lsn, through: Lsn, timeline = 1): Promise<WalDump> {
  const { binFolder, environment } = server.installation
  const range = ['--start', formatLsn(from), '--end', formatLsn(through)]
  const args = ['--path', join(server.dataFolder, 'pg_wal'), '--timeline', String(timeline), ...range]
  const env = { ...environment, TZ: 'UTC' }
  const { stdout } = await run(join(binFolder, 'pg_waldump'), args, { env, maxBuffer: outputBytesMax })
  const open = new Map<number, Map<string, Counts>>()
  const ends: DumpedEnd[] = []
  let records = 0
  for (const line of stdout.split('\n')) {
    const [, manager = '', xid = '', start = '', previous = '', text = ''] = linePattern.exec(line) ?? []
    if (manager === '') continue
    records++
    if (manager === 'Heap' || manager === 'Heap2') count(open, Number(xid), text)
    const end = manager === 'Transaction' ? endPattern.exec(text) : null
    if (end !== null) ends.push(readEnd(end, { xid: Number(xid), start: parseLsn(start), previous: parseLsn(previous) }, open))
  }
  return { records, ends }
}

function count(open: Map<number, Map<string, Counts>>, xid: number, text: string): void {
  const file = /rel (\d+\/\d+\/\d+)/.exec(text)?.[1]
  const kind = /^(\w+)/.exec(text)?.[1]
  if (file === undefined || kind === undefined) return
  const files = open.get(xid) ?? new Map<string, Counts>()
  const counts = files.get(file) ?? [0, 0, 0]
  const flags = Number.parseInt(/flags:? 0x([0-9A-F]+)/.exec(text)?.[1] ?? '0', 16)
  if (kind === 'INSERT') counts[0]++
  else if (kind === 'MULTI_INSERT') counts[0] += Number(/(\d+) tuples|ntuples: (\d+)/.exec(text)?.slice(1).find(Boolean))
  else if (kind === 'UPDATE' || kind === 'HOT_UPDATE') counts[1]++
  else if (kind !== 'DELETE') return
  else if ((flags & 0x08) !== 0) counts[0]--
  else if ((flags & 0x10) !== 0) counts[1]++
  else counts[2]++
  files.set(file, counts)
  open.set(xid, files)
}

function readEnd(
  match: RegExpExecArray,
  record: { readonly xid: number; readonly start: Lsn; readonly previous: Lsn },
  open: Map<number, Map<string, Counts>>,
): DumpedEnd {
  const [, kind = '', preparedXid, day, time, micros, rest = ''] = match
  const xid = preparedXid === undefined ? record.xid : Number(preparedXid)
  const subxids = (/subxacts: ([\d ]+)/.exec(rest)?.[1] ?? '').trim().split(' ').filter(Boolean).map(Number)
  const removed = (/; rels: ([^;]+)/.exec(rest)?.[1] ?? '').trim().split(' ').filter(Boolean).map(fileOfPath)
  const sum = new Map<string, Counts>()
  for (const part of [xid, ...subxids]) {
    for (const [file, counts] of open.get(part) ?? []) {
      const known = sum.get(file) ?? [0, 0, 0]
      sum.set(file, [known[0] + counts[0], known[1] + counts[1], known[2] + counts[2]])
    }
    open.delete(part)
  }
  const files = Object.fromEntries([...sum].sort(([a], [b]) => (a < b ? -1 : 1)).map(([file, counts]) => [file, counts.join('/')]))
  const timeUs = Date.parse(`${day}T${time}Z`) * 1000 + Number(micros)
  return { kind: kind.toLowerCase().replace('_', '-'), ...record, xid, timeUs, subxids, removed, files }
}

/** base/5/16384, global/1262 or pg_tblspc/16400/PG_16_202307071/5/16384 as tablespace/database/file. */
function fileOfPath(path: string): string {
  const parts = path.split('/')
  if (parts[0] === 'base') return `1663/${parts[1]}/${parts[2]}`
  return parts[0] === 'global' ? `1664/0/${parts[1]}` : `${parts[1]}/${parts[3]}/${parts[4]}`
}
