import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import type { Corpus } from './corpus.ts'
import { Keystream } from './keystream.ts'

const sizeBytes = 2 ** 30
const pieceBytes = 2 ** 20

export const randomCorpus: Corpus = {
  name: 'rand1g',
  description: '1 GiB of random bytes in one file',
  recipe: 1,
  needs: [],
  async make(folder, divisor) {
    await mkdir(join(folder, 'content'))
    const stream = new Keystream(1)
    await using file = await open(join(folder, 'content', 'random.bin'), 'w')
    for (let at = 0; at < Math.ceil(sizeBytes / divisor); at += pieceBytes) await file.write(stream.bytes(at, pieceBytes))
  },
}
