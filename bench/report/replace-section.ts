/** A page with `content` between the markers of `section`. Throws unless the page has both, once each. */
export function replaceSection(page: string, section: string, content: string): string {
  const begin = `<!-- begin ${section}, by npm run bench -->`
  const end = `<!-- end ${section} -->`
  const [before, rest, ...more] = page.split(begin)
  const after = rest?.split(end)
  if (before === undefined || after?.length !== 2 || more.length > 0)
    throw new Error(`the page needs ${begin} and ${end}, once each`)
  return `${before}${begin}\n\n${content.trim()}\n\n${end}${after[1]}`
}
