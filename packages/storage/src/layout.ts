import { CoffreError } from '@coffre/foundation'
import type { FileHandle, FileType } from './backend.ts'

/**
 * Where the files of a vault are, relative to its root and with '/' between: restic's default layout (its design document, section
 * "Repository Layout"), and `coffre/` beside it, which stock restic ignores.
 */
export const folders: Readonly<Record<Exclude<FileType, 'config'>, string>> = {
  key: 'keys',
  lock: 'locks',
  snapshot: 'snapshots',
  index: 'index',
  pack: 'data',
  state: 'coffre',
  journal: 'coffre/journal',
}

export const fileTypes: readonly FileType[] = ['config', 'key', 'lock', 'snapshot', 'index', 'pack', 'state', 'journal']

const leftoverMark = '-tmp-'
const hashName = /^[0-9a-f]{64}$/
const segmentPattern = /^[A-Za-z0-9_][A-Za-z0-9._+=,:@~-]{0,199}$/
const nameCharactersMax = 800
/** The folder of state that is none: journals are many files, which whoever reads the state must not have to list. */
const journalSegment = 'journal'

/** Whether a file of `type` can be called `name`. */
export function isNameOf(type: FileType, name: string): boolean {
  if (type === 'config') return name === ''
  if (type !== 'state' && type !== 'journal') return hashName.test(name)
  if (name.length > nameCharactersMax || name.includes(leftoverMark)) return false
  const segments = name.split('/')
  if (!segments.every((segment) => segmentPattern.test(segment))) return false
  return type === 'journal' ? segments.length === 2 : segments[0] !== journalSegment
}

/** The path of a file, such as `data/ab/ab12…`. Refuses names that the type cannot have, so that no path leaves the vault. */
export function pathOf(file: FileHandle): string {
  if (!isNameOf(file.type, file.name)) {
    throw new CoffreError('usage.invalid', `${JSON.stringify(file.name)} cannot be the name of a ${file.type} file`, {
      hint: 'Names are 64 lower-case hexadecimal digits.',
    })
  }
  if (file.type === 'config') return 'config'
  if (file.type === 'pack') return `data/${file.name.slice(0, 2)}/${file.name}`
  return `${folders[file.type]}/${file.name}`
}

/** The file of `type` that is at `path`, or undefined when there is none of the type at such a path. */
export function fileAt(type: FileType, path: string): FileHandle | undefined {
  if (type === 'config') return path === 'config' ? { type, name: '' } : undefined
  const prefix = `${folders[type]}/`
  if (!path.startsWith(prefix)) return undefined
  let name = path.slice(prefix.length)
  if (type === 'pack') {
    if (name[2] !== '/' || !name.startsWith(name.slice(3, 5))) return undefined
    name = name.slice(3)
  }
  return isNameOf(type, name) ? { type, name } : undefined
}

/** The path where a save puts its bytes first. Neither restic nor Coffre takes it for a file of the vault. */
export function leftoverPath(path: string, suffix: string): string {
  return `${path}${leftoverMark}${suffix}`
}

/** Whether the last part of a path is a temporary file's name, of Coffre or of restic. */
export function isLeftoverName(name: string): boolean {
  const at = name.lastIndexOf(leftoverMark)
  return at > 0 && /^[0-9a-z]+$/.test(name.slice(at + leftoverMark.length))
}
