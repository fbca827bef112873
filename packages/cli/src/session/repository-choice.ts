import type { ByteString } from '@coffre/foundation'
import { usageError } from '../messages/command-line-error.ts'
import type { GlobalValues } from '../options/global-options.ts'
import { type Surroundings, variable } from '../surroundings.ts'
import type { PasswordSources } from './read-password.ts'
import { readTextFile, trimSpaces } from './text-file.ts'

/** Which repository is meant, and how it opens. */
export interface RepositoryChoice {
  readonly location: ByteString
  readonly password: PasswordSources
  readonly keyHint: string | undefined
  readonly credentials: ByteString | undefined
}

/** Where a repository may be named: by options, else by Coffre's variables, else by restic's. */
export interface ChoiceOptions {
  readonly repo: ByteString | undefined
  readonly repositoryFile: ByteString | undefined
  readonly passwordFile: ByteString | undefined
  readonly passwordCommand: ByteString | undefined
  readonly keyHint: string | undefined
  readonly insecureNoPassword: boolean
  readonly credentials: ByteString | undefined
}

interface Names {
  /** Before the name of an option: '' or `from-`. */
  readonly option: string
  /** The beginnings of the variables, the first one first. */
  readonly variables: readonly (readonly [kind: 'coffre' | 'restic', prefix: string])[]
}

const mainNames: Names = {
  option: '--',
  variables: [
    ['coffre', 'COFFRE_'],
    ['restic', 'RESTIC_'],
  ],
}
const fromNames: Names = {
  option: '--from-',
  variables: [
    ['coffre', 'COFFRE_FROM_'],
    ['restic', 'RESTIC_FROM_'],
  ],
}

export function mainRepository(globals: GlobalValues, surroundings: Surroundings): Promise<RepositoryChoice> {
  return choose(globals, mainNames, surroundings)
}

export function fromRepository(options: ChoiceOptions, surroundings: Surroundings): Promise<RepositoryChoice> {
  return choose(options, fromNames, surroundings)
}

async function choose(options: ChoiceOptions, names: Names, surroundings: Surroundings): Promise<RepositoryChoice> {
  return {
    location: await locationOf(options, names, surroundings),
    password: passwordSources(options, names, surroundings),
    keyHint: options.keyHint ?? fromEnvironment(names, surroundings, 'KEY_HINT'),
    credentials: options.credentials ?? fromEnvironment(names, surroundings, 'CREDENTIALS'),
  }
}

async function locationOf(options: ChoiceOptions, names: Names, surroundings: Surroundings): Promise<ByteString> {
  const [repoOption, fileOption] = [`${names.option}repo`, `${names.option}repository-file`]
  if (options.repo !== undefined && options.repositoryFile !== undefined)
    throw usageError('error.exclusive', { one: repoOption, other: fileOption })
  if (options.repo !== undefined) return options.repo
  if (options.repositoryFile !== undefined) return trimSpaces(await readTextFile(options.repositoryFile, fileOption))
  for (const [kind, prefix] of names.variables) {
    const location = variable(surroundings.environment, `${prefix}${kind === 'coffre' ? 'REPO' : 'REPOSITORY'}`)
    if (location !== undefined) return location
    const file = variable(surroundings.environment, `${prefix}REPOSITORY_FILE`)
    if (file !== undefined) return trimSpaces(await readTextFile(file, `${prefix}REPOSITORY_FILE`))
  }
  throw usageError('error.noRepository', { option: repoOption }, 'hint.repository', {
    option: repoOption,
    variable: `${names.variables[0]?.[1]}REPO`,
  })
}

function passwordSources(options: ChoiceOptions, names: Names, { environment }: Surroundings): PasswordSources {
  const shown = {
    fileOption: `${names.option}password-file`,
    commandOption: `${names.option}password-command`,
    mayBeEmpty: options.insecureNoPassword,
    environment,
  }
  if (options.insecureNoPassword || options.passwordFile !== undefined || options.passwordCommand !== undefined) {
    return { ...shown, file: options.passwordFile, command: options.passwordCommand }
  }
  for (const [, prefix] of names.variables) {
    const [file, command, text] = ['PASSWORD_FILE', 'PASSWORD_COMMAND', 'PASSWORD'].map((name) =>
      variable(environment, `${prefix}${name}`),
    )
    if (file !== undefined) return { ...shown, file }
    if (command !== undefined) return { ...shown, command }
    if (text !== undefined) return { ...shown, text }
  }
  return shown
}

function fromEnvironment({ variables }: Names, { environment }: Surroundings, name: string): string | undefined {
  return variable(environment, ...variables.map(([, prefix]) => `${prefix}${name}`))
}
