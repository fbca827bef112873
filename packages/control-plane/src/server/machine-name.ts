import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Random } from '@coffre/foundation'

/** The name of a state folder: jobs that need the files of one machine are for workers with the same one. Made once, kept for ever. */
export async function machineName(stateFolder: string, random: Random): Promise<string> {
  const path = join(stateFolder, 'machine')
  const known = await readFile(path, 'utf8').catch(() => '')
  if (known.trim() !== '') return known.trim()
  const name = Buffer.from(random.bytes(12)).toString('hex')
  const partial = `${path}.${name}`
  await writeFile(partial, `${name}\n`, { mode: 0o644 })
  await rename(partial, path)
  return (await readFile(path, 'utf8')).trim()
}
