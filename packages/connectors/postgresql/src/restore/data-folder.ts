import { lstat, readdir, readFile, readlink, realpath, rm, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CoffreError } from '@coffre/foundation'
import { ifMissing } from './if-missing.ts'

/**
 * Looks at the folder that data is to be restored into, and changes nothing: `target.not-empty` where there is something that may not
 * be overwritten, or where a server runs; `storage.no-space`, with the figures, where it does not fit.
 */
export async function checkDataFolder(folder: string, neededBytes: number, overwrite: boolean): Promise<void> {
  const names = await namesIn(folder)
  await refuseRunning(folder)
  if (names.length > 0 && !overwrite) {
    throw new CoffreError('target.not-empty', `there is something in ${folder} already`, {
      hint: 'Nothing was changed. Choose an empty folder, or allow what is there to be overwritten.',
    })
  }
  const roomBytes = (await freeBytesAt(folder)) + (names.length > 0 ? await bytesIn(folder) : 0)
  if (roomBytes >= neededBytes) return
  throw new CoffreError(
    'storage.no-space',
    `the restore needs ${mebibytes(neededBytes)}, and ${folder} has room for ${mebibytes(roomBytes)}`,
    { hint: 'Nothing was changed. Make room, or choose a folder on a larger disk.' },
  )
}

/** On the disk of a folder that may not be there yet. */
export async function freeBytesAt(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(await nearestFolder(folder))
  return bavail * bsize
}

/** The process of the server that runs on a data folder; undefined when none does. */
export async function runningServer(folder: string): Promise<number | undefined> {
  const text = await readFile(join(folder, 'postmaster.pid'), 'utf8').catch(ifMissing(''))
  const pid = Number(text.split('\n')[0])
  if (!Number.isInteger(pid) || pid <= 0 || !isAlive(pid)) return undefined
  // Ids are used again: a server works in its data folder.
  const workFolder = await readlink(`/proc/${pid}/cwd`).catch(() => undefined)
  return workFolder === undefined || workFolder === (await realpath(folder)) ? pid : undefined
}

async function refuseRunning(folder: string): Promise<void> {
  const pid = await runningServer(folder)
  if (pid === undefined) return
  throw new CoffreError('target.not-empty', `a PostgreSQL server runs on ${folder} (process ${pid})`, {
    hint: `Nothing was changed. Stop it with \`pg_ctl stop -D ${folder}\`, or choose another folder.`,
  })
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT') return []
    if (code !== 'ENOTDIR') throw error
    throw new CoffreError('target.not-empty', `${folder} is not a folder`, { hint: 'Nothing was changed. Choose a folder.' })
  }
}

async function nearestFolder(path: string): Promise<string> {
  const status = await stat(path).catch(ifMissing(undefined))
  return status === undefined ? nearestFolder(dirname(path)) : path
}

async function bytesIn(folder: string): Promise<number> {
  let bytes = 0
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true }))
    if (entry.isFile()) bytes += (await lstat(join(entry.parentPath, entry.name))).blocks * 512
  return bytes
}

/** Removes what is in the folder and not among `wanted`, paths below it; links are removed themselves, never what they lead to. */
export async function removeOthers(folder: string, wanted: ReadonlyMap<string, 'folder' | 'file'>): Promise<void> {
  const walk = async (below: string): Promise<void> => {
    for (const entry of await readdir(join(folder, below), { withFileTypes: true })) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`
      const kind = wanted.get(path)
      const isKept = kind === 'folder' ? entry.isDirectory() : kind === 'file' && entry.isFile()
      if (!isKept) await rm(join(folder, path), { recursive: true, force: true })
      else if (kind === 'folder') await walk(path)
    }
  }
  await walk('')
}

/** Whether there is a process with this id, whosever it is. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 1024 ** 2)} MiB`
}
