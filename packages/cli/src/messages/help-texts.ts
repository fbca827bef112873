import type { CommandTree } from '../command.ts'
import type { HelpTexts } from './english-help.ts'
import type { Language } from './texts.ts'

/** What is said of the commands of a tree, and of their options. */
export async function helpTexts(tree: CommandTree, language: Language): Promise<HelpTexts> {
  if (language === 'fr') {
    return tree === 'repo'
      ? (await import('./french-help.ts')).frenchHelp
      : (await import('./french-server-help.ts')).frenchServerHelp
  }
  return tree === 'repo'
    ? (await import('./english-help.ts')).englishHelp
    : (await import('./english-server-help.ts')).englishServerHelp
}

/** What is said about an option of a command. `explain` takes those of what it explains. */
export function optionText(command: string, name: string, texts: HelpTexts): string | undefined {
  const explained = command.replace(/^explain /, '')
  return texts.options[`${command}/${name}`] ?? texts.options[`${explained}/${name}`] ?? texts.options[name]
}
