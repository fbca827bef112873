import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Corpus, MadeCorpus, Report } from './corpus.ts'
import { digestTree, type TreeDigest } from './tree-digest.ts'

interface Manifest {
  readonly recipe: number
  readonly content: TreeDigest
  readonly changed?: TreeDigest
}

/** The corpus from the cache, made now if it is not there. It appears in the cache by one rename, with its manifest. */
export async function provideCorpus(corpus: Corpus, cacheFolder: string, divisor: number, report: Report): Promise<MadeCorpus> {
  const folder = join(cacheFolder, divisor === 1 ? corpus.name : `${corpus.name}-divided-by-${divisor}`)
  const cached = await readManifest(folder)
  const manifest = cached?.recipe === corpus.recipe ? cached : await makeCorpus(corpus, folder, divisor, report)
  const { name, description } = corpus
  return { name, description, folder, content: manifest.content, changed: manifest.changed }
}

async function makeCorpus(corpus: Corpus, folder: string, divisor: number, report: Report): Promise<Manifest> {
  report(`making the corpus ${corpus.name}, once`)
  await mkdir(dirname(folder), { recursive: true })
  const workFolder = await mkdtemp(`${folder}-making-`)
  try {
    await corpus.make(workFolder, divisor, report)
    const hasChanged = (await readdir(workFolder)).includes('changed')
    const manifest: Manifest = {
      recipe: corpus.recipe,
      content: digestTree(join(workFolder, 'content')),
      ...(hasChanged ? { changed: digestTree(join(workFolder, 'changed')) } : {}),
    }
    await writeFile(join(workFolder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`)
    await rm(folder, { recursive: true, force: true })
    await rename(workFolder, folder)
    return manifest
  } finally {
    await rm(workFolder, { recursive: true, force: true })
  }
}

async function readManifest(folder: string): Promise<Manifest | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as Manifest
  } catch {
    // Not made yet, or not to its end.
    return undefined
  }
}
