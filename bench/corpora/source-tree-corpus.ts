import { chmodSync, copyFileSync, lstatSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Corpus } from './corpus.ts'
import { sourceModules } from './go-modules.ts'
import { walkFiles } from './walk-files.ts'

const fileCount = 81_302
/** A module of hundreds of megabytes of generated code would give the tree another shape than people's trees have. */
const moduleBytesMax = 200 * 2 ** 20

export const sourceTreeCorpus: Corpus = {
  name: 'tree',
  description: 'source code of the modules of four Go programs in 81,302 files',
  recipe: 1,
  needs: [],
  async make(folder, divisor) {
    const { cacheFolder, folders } = await sourceModules()
    const wanted = Math.ceil(fileCount / divisor)
    const content = join(folder, 'content')
    let copied = 0
    for (const module of folders) {
      if (copied === wanted) return
      copied += copyModule(cacheFolder, module, content, wanted - copied)
    }
    if (copied < wanted) throw new Error(`the modules have ${copied} files, ${wanted} are needed`)
  },
}

/** Copies at most `filesMax` files of a module, none when it is too large; how many it were. */
function copyModule(cacheFolder: string, module: string, content: string, filesMax: number): number {
  const files = [...walkFiles(join(cacheFolder, module))].filter(({ kind }) => kind === 'file')
  if (files.reduce((bytes, file) => bytes + lstatSync(file.absolutePath).size, 0) > moduleBytesMax) return 0
  const folders = new Set<string>()
  for (const { path, absolutePath } of files.slice(0, filesMax)) {
    const target = join(content, module, path)
    if (!folders.has(dirname(target))) mkdirSync(dirname(target), { recursive: true })
    folders.add(dirname(target))
    copyFileSync(absolutePath, target)
    // Go keeps them read-only, as trees at work are not.
    chmodSync(target, 0o644)
  }
  return Math.min(files.length, filesMax)
}
