import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { CoffreError, hourMs } from '@coffre/foundation'
import { isAlive, runningServer } from '../restore/data-folder.ts'
import type { EngineAccount } from '../restore/engine-account.ts'
import { ifMissing } from '../restore/if-missing.ts'

const prefix = 'coffre-side-'
const ownerName = 'owner.json'
/** One without a word of whose it is was being made when its maker died, or is being made now. */
const namelessMsMax = hourMs

/** Which process works in a scratch folder. */
interface Owner {
  readonly pid: number
  /** Ids are used again, but not by a process that began at the same time. */
  readonly begun: string
}

/**
 * Makes a folder of our own, in the first place that the account can pass to. What a process that is no more has left in any of the
 * places is removed first, with the server that runs there.
 */
export async function makeScratchFolder(
  wanted: string | undefined,
  account: EngineAccount | undefined,
  nowMs: number,
): Promise<string> {
  for (const place of placesOf(wanted)) {
    await mkdir(place, { recursive: true, mode: 0o711 })
    await sweep(place, nowMs)
  }
  const folder = await mkdtemp(join(await findScratchPlace(wanted, account), prefix))
  const owner: Owner = { pid: process.pid, begun: await beginOf(process.pid) }
  await writeFile(join(folder, ownerName), JSON.stringify(owner), { mode: 0o600 })
  return folder
}

/** Where a scratch folder would be made: the first place that the account can pass to. What is not there yet can be made. */
export async function findScratchPlace(wanted: string | undefined, account: EngineAccount | undefined): Promise<string> {
  const places = placesOf(wanted)
  for (const place of places) if (account === undefined || (await canPass(place))) return place
  throw new CoffreError('engine.failed', `${account?.name ?? 'nobody'} can pass to none of ${places.join(', ')}`, {
    hint: 'Nothing was changed. The server that is started aside needs a folder whose upper folders its account may pass (chmod o+x).',
  })
}

function placesOf(wanted: string | undefined): readonly string[] {
  return [...new Set([...(wanted === undefined ? [] : [wanted]), tmpdir()])]
}

/** Removes what processes that are no more have left in a place. */
async function sweep(place: string, nowMs: number): Promise<void> {
  for (const name of await readdir(place)) {
    if (!name.startsWith(prefix)) continue
    const folder = join(place, name)
    const status = await stat(folder).catch(ifMissing(undefined))
    // In a folder that everybody may write to, what others have left is theirs.
    if (status === undefined || status.uid !== process.getuid?.()) continue
    if (await isInUse(folder, status.mtimeMs, nowMs)) continue
    await endServer(join(folder, 'data'))
    // The server's other processes end a moment after the first one, and may write until then.
    await rm(folder, { recursive: true, force: true, maxRetries: 10 })
  }
}

async function isInUse(folder: string, changedMs: number, nowMs: number): Promise<boolean> {
  const text = await readFile(join(folder, ownerName), 'utf8').catch(ifMissing(undefined))
  if (text === undefined) return nowMs - changedMs < namelessMsMax
  const { pid, begun } = JSON.parse(text) as Owner
  return isAlive(pid) && (await beginOf(pid)) === begun
}

/** Its processes end by themselves once the first one has. */
async function endServer(dataFolder: string): Promise<void> {
  const pid = await runningServer(dataFolder)
  if (pid === undefined) return
  process.kill(pid, 'SIGKILL')
}

/** The twenty-second field of `/proc/PID/stat`; '' on systems that have none. */
async function beginOf(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}

/** Whether everybody may pass through the folder and all above it. */
async function canPass(folder: string): Promise<boolean> {
  const status = await stat(folder).catch(ifMissing(undefined))
  if (status !== undefined && (status.mode & 0o001) === 0) return false
  const parent = dirname(folder)
  return parent === folder || canPass(parent)
}
