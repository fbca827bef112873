import { copyFileSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { projectRoot } from '../../tools/project-root.ts'
import type { Corpus } from './corpus.ts'
import { walkFiles } from './walk-files.ts'

const fileCount = 12_000

/** A tree that needs neither a network nor Go: what npm installed for this checkout. For the smoke run. */
export const installedPackagesCorpus: Corpus = {
  name: 'packages',
  description: 'npm packages of this checkout',
  recipe: 1,
  needs: [],
  async make(folder, divisor) {
    let left = Math.ceil(fileCount / divisor)
    for (const { kind, path, absolutePath } of walkFiles(join(projectRoot, 'node_modules'))) {
      if (kind !== 'file' || path.startsWith('.')) continue
      const target = join(folder, 'content', path)
      mkdirSync(dirname(target), { recursive: true })
      copyFileSync(absolutePath, target)
      if (--left === 0) return
    }
  },
}
