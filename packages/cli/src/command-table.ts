import type { CommandTables } from './command.ts'
import { repoCommands } from './commands/repo-commands.ts'
import { serverCommands } from './commands/server-commands.ts'

export const commandTables: CommandTables = { server: serverCommands, repo: repoCommands }
