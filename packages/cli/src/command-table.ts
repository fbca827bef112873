import type { CommandEntry } from './command-entry.ts'
import { repoCommands } from './commands/repo-commands.ts'
import { serverCommands } from './commands/server-commands.ts'

/** `coffre repo …` works on a repository with no server; everything else asks one. */
export type CommandTree = 'server' | 'repo'

/** Every command, in the order of the help. */
export const commandTables: Readonly<Record<CommandTree, readonly CommandEntry[]>> = { server: serverCommands, repo: repoCommands }
