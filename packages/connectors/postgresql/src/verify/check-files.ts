import { createHash } from 'node:crypto'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Finding } from '@coffre/connector'
import { byteStringFrom, bytesOf, throwIfAborted } from '@coffre/foundation'
import { crc32cEnd, crc32cStart, crc32cUpdate } from '../wal/crc32c.ts'

interface ManifestFile {
  readonly path: string
  readonly sizeBytes: number
  /** Undefined where the server made another kind of checksum, or none. */
  readonly crc: number | undefined
}

const manifestName = 'backup_manifest'
/** Rewritten with the settings of the recovery. */
const ownFiles = ['postgresql.auto.conf']
const readBytes = 1024 * 1024
const findingsMax = 100

/** Compares a data folder on which no server has been started yet with the manifest that the source's server made of it. */
export async function checkFiles(folder: string, rewritten: readonly string[], signal: AbortSignal): Promise<readonly Finding[]> {
  const text = await readFile(join(folder, manifestName), 'utf8').catch(() => undefined)
  if (text === undefined) return [difference(`${manifestName} cannot be read`)]
  const files = readManifest(text)
  if (files === undefined) return [difference(`${manifestName} is damaged`)]
  const findings: Finding[] = []
  for (const file of files) {
    throwIfAborted(signal)
    if (ownFiles.includes(file.path) || rewritten.includes(file.path)) continue
    const problem = await compare(folder, file, signal)
    if (problem !== undefined) findings.push(difference(`${file.path} ${problem}`))
    if (findings.length === findingsMax) break
  }
  return findings
}

/** Undefined when it does not fit its own checksum, or is no manifest. */
function readManifest(text: string): readonly ManifestFile[] | undefined {
  const sealed = text.indexOf('"Manifest-Checksum"')
  if (sealed < 0) return undefined
  try {
    const { Files: files, 'Manifest-Checksum': checksum } = JSON.parse(text) as {
      readonly 'Files': readonly Readonly<Record<string, unknown>>[]
      readonly 'Manifest-Checksum': unknown
    }
    if (createHash('sha256').update(text.slice(0, sealed)).digest('hex') !== checksum) return undefined
    return files.map((file) => ({
      path:
        typeof file['Encoded-Path'] === 'string' ? byteStringFrom(Buffer.from(file['Encoded-Path'], 'hex')) : String(file['Path']),
      sizeBytes: Number(file['Size']),
      // The bytes of the number as the server's machine has them, which is the lowest first on all that are in use.
      crc: file['Checksum-Algorithm'] === 'CRC32C' ? Buffer.from(String(file['Checksum']), 'hex').readUInt32LE() : undefined,
    }))
  } catch {
    return undefined
  }
}

/** What is wrong with a file; undefined when nothing is. */
async function compare(folder: string, { path, sizeBytes, crc }: ManifestFile, signal: AbortSignal): Promise<string | undefined> {
  const found = await checksumOf(Buffer.concat([Buffer.from(`${folder}/`), bytesOf(path)]), signal)
  if (found === undefined) return 'is not there'
  if (found.sizeBytes !== sizeBytes) return `has ${found.sizeBytes} bytes, and had ${sizeBytes}`
  return crc === undefined || found.crc === crc ? undefined : 'has another content'
}

async function checksumOf(
  path: Buffer,
  signal: AbortSignal,
): Promise<{ readonly sizeBytes: number; readonly crc: number } | undefined> {
  const file = await open(path, 'r').catch(() => undefined)
  if (file === undefined) return undefined
  try {
    const buffer = Buffer.alloc(readBytes)
    let crc = crc32cStart
    let sizeBytes = 0
    for (;;) {
      throwIfAborted(signal)
      const { bytesRead } = await file.read(buffer, 0, buffer.length, sizeBytes)
      if (bytesRead === 0) return { sizeBytes, crc: crc32cEnd(crc) }
      crc = crc32cUpdate(crc, buffer, 0, bytesRead)
      sizeBytes += bytesRead
    }
  } finally {
    await file.close()
  }
}

function difference(message: string): Finding {
  return {
    severity: 'error',
    code: 'postgresql.file-differs',
    message,
    remedy: 'Restore again; if it comes again, verify the point.',
  }
}
