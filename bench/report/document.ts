import { readFile, rename, writeFile } from 'node:fs/promises'
import { replaceSection } from './replace-section.ts'

/** Replaces what stands between the markers of `section` in a Markdown file; the rest of the page is people's. */
export async function writeSection(path: string, section: string, content: string): Promise<void> {
  const page = replaceSection(await readFile(path, 'utf8'), section, content)
  const temporary = `${path}.${process.pid}`
  await writeFile(temporary, page)
  await rename(temporary, path)
}
