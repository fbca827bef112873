import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Finding, RestoreReport, RestoreRequest, StoredPoint } from '@coffre/connector'
import { bytesOf, CoffreError, type Context, throwIfAborted } from '@coffre/foundation'
import type { ScriptedEngine } from './scripted-engine.ts'
import type { ScriptedFaults } from './scripted-faults.ts'
import { partOf } from './scripted-source.ts'

/** Finds the engine that a target names. */
export type EngineLookup = (config: unknown, secrets: unknown) => ScriptedEngine

/** Where files go, or are looked at: a folder, or the data of an engine. */
interface Place {
  readonly faults: ScriptedFaults | undefined
  isEmpty(): Promise<boolean>
  write(path: string, content: Uint8Array): Promise<void>
  /** Undefined where there is nothing. */
  read(path: string): Promise<Uint8Array | undefined>
}

export async function restoreScripted(
  point: StoredPoint,
  request: RestoreRequest,
  engineOf: EngineLookup,
  context: Context,
  signal: AbortSignal,
): Promise<RestoreReport> {
  const { target, parts, overwrite, onProgress } = request
  const place = placeOf(target, engineOf)
  refuseUnknownParts(point, parts)
  if (!overwrite && !(await place.isEmpty())) {
    throw new CoffreError('target.not-empty', 'there is something in the target already', {
      hint: 'Nothing was changed. Choose an empty target, or allow it to be overwritten.',
    })
  }
  const total = Object.keys(checksumsOf(point)).length
  const counts: Record<string, number> = {}
  let done = 0
  for await (const item of point.items('', signal)) {
    if (item.kind !== 'file') continue
    const part = partOf(item.path)
    if (parts !== undefined && !parts.includes(part)) continue
    await place.faults?.meet('restore', context.clock, signal)
    throwIfAborted(signal)
    await place.write(item.path, await readAll(item.content))
    counts[part] = (counts[part] ?? 0) + 1
    onProgress(++done / total)
  }
  onProgress(1)
  return { target, counts, notes: parts === undefined ? [] : [`Only ${parts.join(', ')} was restored.`] }
}

export async function verifyScripted(
  point: StoredPoint,
  restored: RestoreReport,
  engineOf: EngineLookup,
  context: Context,
  signal: AbortSignal,
): Promise<Finding[]> {
  const place = placeOf(restored.target, engineOf)
  const findings: Finding[] = []
  for (const [path, expected] of Object.entries(checksumsOf(point))) {
    await place.faults?.meet('verify', context.clock, signal)
    throwIfAborted(signal)
    if (restored.counts[partOf(path)] === undefined) continue
    const content = await place.read(path)
    if (content !== undefined && createHash('sha256').update(content).digest('hex') === expected) continue
    const problem = content === undefined ? 'is not there' : 'has another content'
    findings.push({ severity: 'error', code: 'scripted.difference', message: `the restored file ${path} ${problem}` })
  }
  return findings
}

function placeOf(target: RestoreReport['target'], engineOf: EngineLookup): Place {
  if (target.kind === 'folder') return folderPlace(bytesOf(target.path).toString())
  const engine = engineOf(target.config, target.secrets)
  return {
    faults: engine.faults,
    isEmpty: async () => engine.files.size === 0,
    write: async (path, content) => void engine.change(path, content),
    read: async (path) => engine.files.get(path),
  }
}

function folderPlace(folder: string): Place {
  return {
    faults: undefined,
    isEmpty: async () => (await readdir(folder).catch(ifMissing([]))).length === 0,
    async write(path, content) {
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeFile(join(folder, path), content)
    },
    read: async (path) => readFile(join(folder, path)).catch(ifMissing(undefined)),
  }
}

function ifMissing<T>(otherwise: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return otherwise
    throw error
  }
}

function refuseUnknownParts(point: StoredPoint, parts: readonly string[] | undefined): void {
  const unknown = parts?.find((part) => point.manifest.counts[part] === undefined)
  if (unknown !== undefined) throw new CoffreError('snapshot.path-missing', `the point has no part ${unknown}`)
}

function checksumsOf({ manifest }: StoredPoint): Readonly<Record<string, string>> {
  return manifest.details['checksums'] as Readonly<Record<string, string>>
}

async function readAll(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of content) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}
