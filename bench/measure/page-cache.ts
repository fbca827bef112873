import { closeSync, openSync, readSync } from 'node:fs'
import { runCommand } from '../../tools/run-command.ts'
import { walkFiles } from '../corpora/walk-files.ts'

/**
 * Puts what the next command will read into the page cache, and has the kernel write out what earlier ones left, so that every tool
 * begins from the same state.
 */
export async function settle(folder: string): Promise<void> {
  const buffer = Buffer.allocUnsafe(1 << 20)
  for (const file of walkFiles(folder)) {
    if (file.kind !== 'file') continue
    const descriptor = openSync(file.absolutePath, 'r')
    while (readSync(descriptor, buffer) > 0);
    closeSync(descriptor)
  }
  await runCommand('sync', [])
}
