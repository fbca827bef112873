import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Corpus } from './corpus.ts'
import { sourceModules } from './go-modules.ts'

const sizeBytes = 2 ** 30

export const sourceArchiveCorpus: Corpus = {
  name: 'blob1g',
  description: '1 GiB of a tar archive of source code (modules of four Go programs) in one file',
  recipe: 2,
  needs: [],
  async make(folder, divisor) {
    const { cacheFolder, folders } = await sourceModules()
    const list = join(folder, 'folders.txt')
    // From the end, where the large modules of generated code are: another kind of source code than that of the tree.
    await writeFile(list, `${folders.toReversed().join('\n')}\n`)
    await mkdir(join(folder, 'content'))
    // The same bytes on every machine: nothing of when and by whom the modules were unpacked.
    const fixed = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--mode=a=r,a+X', '--format=gnu']
    const args = ['--create', ...fixed, '--directory', cacheFolder, '--files-from', list]
    await writeStart(args, join(folder, 'content', 'source.tar'), Math.ceil(sizeBytes / divisor))
  },
}

/** Writes the first `length` bytes of the archive and then ends tar. */
async function writeStart(args: readonly string[], path: string, length: number): Promise<void> {
  const tar = spawn('tar', args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let errors = ''
  tar.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const closed = once(tar, 'close')
  await using file = await open(path, 'w')
  let written = 0
  for await (const piece of tar.stdout as AsyncIterable<Buffer>) {
    const part = piece.subarray(0, length - written)
    await file.write(part)
    written += part.length
    if (written === length) break
  }
  tar.kill()
  await closed
  if (written < length) throw new Error(`tar wrote ${written} bytes of source code, ${length} are needed: ${errors.trim()}`)
}
