import { createHash } from 'node:crypto'
import { link, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { CoffreError, type Random } from '@coffre/foundation'

/** What all secrets of a server are sealed with. `id` names it without telling it. */
export interface MasterKey {
  readonly id: string
  readonly bytes: Buffer
}

const keyBytes = 32

/** The key of this state folder, made at the first call. Without it, the secrets in the catalogue are lost; nothing else is. */
export async function loadMasterKey(stateFolder: string, random: Random): Promise<MasterKey> {
  const path = join(stateFolder, 'master-key')
  return named((await readKey(path)) ?? (await makeKey(path, random)))
}

/** The key as it stands in its file and on the server kit; undefined when it is none. */
export function parseMasterKey(text: string): MasterKey | undefined {
  const bytes = Buffer.from(text.trim(), 'base64url')
  return bytes.length === keyBytes ? named(bytes) : undefined
}

/** Puts a key that is known from elsewhere into a state folder that has none. `secret.master-key` where there is another one. */
export async function placeMasterKey(stateFolder: string, key: MasterKey, random: Random): Promise<void> {
  const path = join(stateFolder, 'master-key')
  const there = (await readKey(path)) ?? (await makeKey(path, random, key.bytes))
  if (there.equals(key.bytes)) return
  throw new CoffreError('secret.master-key', `there is another master key in ${stateFolder}`, {
    hint: 'Nothing was changed. Give an empty folder with --state-folder, or move that one away first.',
  })
}

function named(bytes: Buffer): MasterKey {
  return { id: createHash('sha256').update('coffre master key').update(bytes).digest('hex').slice(0, 16), bytes }
}

async function readKey(path: string): Promise<Buffer | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
  const bytes = Buffer.from(text.trim(), 'base64url')
  if (bytes.length === keyBytes) return bytes
  throw new CoffreError('secret.master-key', `${path} holds no key of ${keyBytes} bytes`, {
    hint: 'Put back the key from the server kit. A new key cannot open the secrets that are stored.',
  })
}

async function makeKey(path: string, random: Random, bytes: Buffer = Buffer.from(random.bytes(keyBytes))): Promise<Buffer> {
  // Linked into its place when it is whole: of two servers that begin at once, one makes it, and nobody reads half a key.
  const partial = `${path}.${Buffer.from(random.bytes(4)).toString('hex')}`
  const file = await open(partial, 'wx', 0o600)
  try {
    await file.writeFile(`${bytes.toString('base64url')}\n`)
    await file.sync()
    await link(partial, path)
    return bytes
  } catch (error) {
    const made = await readKey(path)
    if (made === undefined) throw error
    return made
  } finally {
    await file.close()
    await rm(partial, { force: true })
  }
}
