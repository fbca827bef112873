import { isAbsolute, normalize } from 'node:path'
import { type ByteString, byteStringFrom, CoffreError } from '@coffre/foundation'

/** What a user says of a file source. */
export interface FilesConfig {
  /** Absolute, none inside another, in order. */
  readonly paths: readonly ByteString[]
  /** In restic's pattern language. */
  readonly excludes: readonly string[]
  readonly excludeLargerThanBytes?: number
  readonly excludesCaches: boolean
  readonly staysOnFileSystem: boolean
}

const fields = ['paths', 'excludes', 'excludeLargerThanBytes', 'excludesCaches', 'staysOnFileSystem']

/** Reads a configuration; `source.config-invalid` names the field. Pure: whether the paths are there is for `check` to find out. */
export function parseFilesConfig(input: unknown): FilesConfig {
  if (input === null || typeof input !== 'object' || Array.isArray(input)) throw invalid('the configuration', 'is not an object')
  const given = input as Readonly<Record<string, unknown>>
  for (const name of Object.keys(given))
    if (!fields.includes(name)) throw invalid(name, `is not known; known are ${fields.join(', ')}`)
  const paths = texts(given['paths'], 'paths')
  if (paths === undefined || paths.length === 0) throw invalid('paths', 'names no folder or file')
  const size = given['excludeLargerThanBytes']
  if (size !== undefined && !(Number.isSafeInteger(size) && (size as number) > 0))
    throw invalid('excludeLargerThanBytes', 'is not a number of bytes')
  return {
    paths: outermost(paths.map(absolute)),
    excludes: texts(given['excludes'], 'excludes') ?? [],
    ...(size === undefined ? {} : { excludeLargerThanBytes: size as number }),
    excludesCaches: flag(given['excludesCaches'], 'excludesCaches'),
    staysOnFileSystem: flag(given['staysOnFileSystem'], 'staysOnFileSystem'),
  }
}

function texts(value: unknown, name: string): string[] | undefined {
  if (value === undefined) return undefined
  if (!Array.isArray(value) || value.some((item) => typeof item !== 'string' || item === '' || item.includes('\0')))
    throw invalid(name, 'is not a list of texts')
  return value as string[]
}

function flag(value: unknown, name: string): boolean {
  if (value === undefined) return false
  if (typeof value !== 'boolean') throw invalid(name, 'is neither true nor false')
  return value
}

function absolute(path: string): ByteString {
  if (!isAbsolute(path)) throw invalid('paths', `has ${path}, which is not absolute`)
  const plain = normalize(path)
  return byteStringFrom(Buffer.from(plain.length > 1 && plain.endsWith('/') ? plain.slice(0, -1) : plain))
}

/** Whatever lies in another path is saved with it. */
function outermost(paths: readonly ByteString[]): ByteString[] {
  const sorted = [...new Set(paths)].sort()
  return sorted.filter((path) => !sorted.some((other) => other !== path && isInside(path, other)))
}

function isInside(path: ByteString, folder: ByteString): boolean {
  return path.startsWith(folder === '/' ? '/' : `${folder}/`)
}

function invalid(field: string, problem: string): CoffreError {
  return new CoffreError('source.config-invalid', `${field} ${problem}`, {
    hint: 'A file source needs `paths`: absolute paths of folders or files. docs/connectors/files.md has all fields.',
  })
}
