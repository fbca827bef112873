import { readFile, rename, writeFile } from 'node:fs/promises'

/** Replaces what stands between the markers of `section` in a Markdown file; the rest of the page is people's. */
export async function writeSection(path: string, section: string, content: string): Promise<void> {
  const page = replaceSection(await readFile(path, 'utf8'), section, content)
  const temporary = `${path}.${process.pid}`
  await writeFile(temporary, page)
  await rename(temporary, path)
}

export function replaceSection(page: string, section: string, content: string): string {
  const begin = `<!-- begin ${section}, by npm run bench -->`
  const end = `<!-- end ${section} -->`
  const [before, rest, ...more] = page.split(begin)
  const after = rest?.split(end)
  if (before === undefined || after?.length !== 2 || more.length > 0)
    throw new Error(`the page needs ${begin} and ${end}, once each`)
  return `${before}${begin}\n\n${content.trim()}\n\n${end}${after[1]}`
}
