import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readSegmentHead, type SegmentHead } from '../page-head.ts'

/** The log in a folder, from its oldest file on, with what lies behind its end. */
export async function readWalFolder(folder: string): Promise<{ readonly head: SegmentHead; readonly bytes: Uint8Array }> {
  const names = (await readdir(folder)).filter((name) => /^[0-9A-F]{24}$/.test(name)).sort()
  const contents = await Promise.all(names.map((name) => readFile(join(folder, name))))
  const bytes = Buffer.concat(contents)
  return { head: readSegmentHead(bytes), bytes }
}
