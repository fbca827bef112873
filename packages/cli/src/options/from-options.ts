import { fromRepository, type RepositoryChoice } from '../session/repository-choice.ts'
import type { Surroundings } from '../surroundings.ts'
import { flag, text, type Values } from './option.ts'

/** Another repository, to copy from. */
export const fromOptions = {
  fromRepo: text('from-repo', 'location'),
  fromRepositoryFile: text('from-repository-file', 'file'),
  fromPasswordFile: text('from-password-file', 'file'),
  fromPasswordCommand: text('from-password-command', 'command'),
  fromKeyHint: text('from-key-hint', 'key'),
  fromInsecureNoPassword: flag('from-insecure-no-password'),
  fromCredentials: text('from-credentials', 'file|profile'),
} as const

export function fromChoice(options: Values<typeof fromOptions>, surroundings: Surroundings): Promise<RepositoryChoice> {
  return fromRepository(
    {
      repo: options.fromRepo,
      repositoryFile: options.fromRepositoryFile,
      passwordFile: options.fromPasswordFile,
      passwordCommand: options.fromPasswordCommand,
      keyHint: options.fromKeyHint,
      insecureNoPassword: options.fromInsecureNoPassword,
      credentials: options.fromCredentials,
    },
    surroundings,
  )
}
