import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Finding, RestoreReport, StoredPoint } from '@coffre/connector'
import { bytesOf, isCoffreError, throwIfAborted } from '@coffre/foundation'
import { judgeCounts } from '../parts/row-counts.ts'
import { findClientPrograms } from '../programs/find-client-programs.ts'
import { runEngineProgram } from '../restore/engine-program.ts'
import { readRestoredDetails } from '../restore/restored-details.ts'
import type { PostgresqlSettings } from '../settings.ts'
import { type Digest, globalsFile, type LoadedDatabase, type LogicalDetails, readLogicalDetails } from './logical-details.ts'

/** Looks at restored dumps: as files, that they are what was dumped, and that pg_restore reads them to the end; as databases, that all tables are there. */
export async function verifyLogical(
  point: StoredPoint,
  restored: RestoreReport,
  settings: PostgresqlSettings,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  throwIfAborted(signal)
  const details = readLogicalDetails(point.manifest)
  const { target } = restored
  if (target.kind === 'folder') return checkDumps(resolve(bytesOf(target.path).toString()), details, settings, signal)
  const loaded = (restored.details?.['databases'] ?? []) as readonly LoadedDatabase[]
  const rows = judgeCounts(readRestoredDetails(restored).loaded ?? [])
  const missing = loaded.flatMap(({ name, tables: found }): readonly Finding[] => {
    const expected = details.databases.find((one) => one.name === name)?.tables
    return found === expected ? [] : [problem('postgresql.table-missing', `${name} has ${found} tables, and had ${expected}`)]
  })
  return [...rows, ...missing]
}

async function checkDumps(
  folder: string,
  { globals, databases, dumpMajor }: LogicalDetails,
  settings: PostgresqlSettings,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const findings = [...(await compare(folder, globalsFile, globals, signal))]
  for (const { file, ...digest } of databases) findings.push(...(await compare(folder, file, digest, signal)))
  try {
    const programs = await findClientPrograms(dumpMajor, settings, signal)
    for (const { file } of databases) {
      const { exitCode, stderr } = await runEngineProgram(
        programs,
        'pg_restore',
        ['--file=/dev/null', join(folder, file)],
        undefined,
        signal,
      )
      if (exitCode !== 0)
        findings.push(problem('postgresql.dump-unreadable', `${file}: ${stderr.trim().split('\n').slice(-3).join(' | ')}`))
    }
  } catch (error) {
    if (!isCoffreError(error, 'engine.missing')) throw error
    findings.push({ severity: 'note', code: 'postgresql.dumps-not-read', message: `the dumps were not read: ${error.message}` })
  }
  return findings
}

async function compare(
  folder: string,
  file: string,
  { sizeBytes, sha256 }: Digest,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const hash = createHash('sha256')
  let foundBytes = 0
  try {
    for await (const chunk of createReadStream(join(folder, file), { signal })) {
      hash.update(chunk as Buffer)
      foundBytes += (chunk as Buffer).length
    }
  } catch {
    throwIfAborted(signal)
    return [problem('postgresql.file-differs', `${file} cannot be read`)]
  }
  if (foundBytes !== sizeBytes) return [problem('postgresql.file-differs', `${file} has ${foundBytes} bytes, and had ${sizeBytes}`)]
  return hash.digest('hex') === sha256 ? [] : [problem('postgresql.file-differs', `${file} has another content`)]
}

function problem(code: string, message: string): Finding {
  return { severity: 'error', code, message, remedy: 'Restore again; if it comes again, verify the point.' }
}
