import { randomUUID } from 'node:crypto'
import { chmod, chown, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { EngineAccount } from './engine-account.ts'

/** Where the engine's folder goes when the account cannot get into the state folder, one folder for each state. */
const elsewhere = '/var/lib/coffre-engines'

/**
 * The folder of the engine below the state folder, owned by the account that runs it. Where that account cannot pass the folders
 * above, such as `/root`, it is a folder elsewhere, which a note in the state folder names.
 */
export async function engineFolder(stateFolder: string, account: EngineAccount | undefined): Promise<string> {
  const own = join(stateFolder, 'catalogue')
  if (account === undefined) {
    await mkdir(own, { recursive: true, mode: 0o700 })
    return own
  }
  await mkdir(stateFolder, { recursive: true, mode: 0o711 })
  if (await canPass(dirname(stateFolder))) {
    // To pass through is not to read: what is secret in the state folder is for its owner alone.
    await chmod(stateFolder, 0o711)
    return owned(own, account)
  }
  return owned(join(elsewhere, await noteOf(stateFolder)), account)
}

async function owned(folder: string, account: EngineAccount): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o755 })
  await chown(folder, account.uid, account.gid)
  await chmod(folder, 0o700)
  return folder
}

/** Whether everybody may pass through the folder and all above it. */
async function canPass(folder: string): Promise<boolean> {
  const { mode } = await stat(folder)
  if ((mode & 0o001) === 0) return false
  const parent = dirname(folder)
  return parent === folder || canPass(parent)
}

/** The name that this state's folder has elsewhere; made once. */
async function noteOf(stateFolder: string): Promise<string> {
  const note = join(stateFolder, 'catalogue-elsewhere')
  try {
    await writeFile(note, randomUUID(), { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
  return (await readFile(note, 'utf8')).trim()
}
