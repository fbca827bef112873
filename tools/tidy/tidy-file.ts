import { isDrawer, tidyRules } from './rules.ts'

/** Every breach of a rule in one file, as a line for people. `path` is relative to the checkout. */
export function tidyFile(path: string, text: string): string[] {
  const found = isDrawer(path) ? [`${path}: name the file after its main export`] : []
  let code: string | undefined
  for (const rule of tidyRules) {
    if (!rule.appliesTo(path)) continue
    code ??= blankComments(text)
    const searched = rule.codeOnly === true ? code : text
    for (const match of searched.matchAll(new RegExp(rule.pattern, 'g'))) {
      found.push(`${path}:${lineAt(searched, match.index)}: ${match[0].trim()} (${rule.name}): ${rule.substitute}`)
    }
  }
  return found
}

/** The text with its comments turned to spaces; lines stay where they are. Strings keep theirs: '//' in a string is no comment. */
export function blankComments(text: string): string {
  const token = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|\/\*[\s\S]*?\*\/|(?<![:\\/[])\/\/[^\n]*/g
  return text.replace(token, (found) => (found.startsWith('/') ? found.replace(/[^\n]/g, ' ') : found))
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length
}
