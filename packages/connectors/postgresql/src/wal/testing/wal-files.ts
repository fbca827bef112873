import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseWalFileName } from './parse-wal-file-name.ts'
import { readSegmentHead, type SegmentHead } from './segment-head.ts'

/** The log in a folder, from its oldest file of a timeline on, with what lies behind its end. */
export async function readWalFolder(
  folder: string,
  timeline = 1,
): Promise<{ readonly head: SegmentHead; readonly bytes: Uint8Array }> {
  const found = await readdir(folder)
  const names = found.filter((name) => parseWalFileName(name, 2 ** 20)?.timeline === timeline).sort()
  const contents = await Promise.all(names.map((name) => readFile(join(folder, name))))
  const bytes = Buffer.concat(contents)
  // The first pages of a timeline are copies of those of the one before.
  return { head: { ...readSegmentHead(bytes), timeline }, bytes }
}
