import type { Command } from './command.ts'

/** Finds the module of a command only when it is called, so that starting one costs nothing for the others. */
export interface CommandEntry {
  /** The words after `coffre repo`. */
  readonly words: readonly [string, ...string[]]
  /** Other first words that mean the same. */
  readonly aliases?: readonly string[]
  readonly load: () => Promise<Command>
}

/** Every command, in the order of the help. */
export const commandTable: readonly CommandEntry[] = [
  { words: ['init'], load: async () => (await import('./commands/repo/init-command.ts')).initCommand },
  { words: ['backup'], load: async () => (await import('./commands/repo/backup-command.ts')).backupCommand },
  { words: ['snapshots'], load: async () => (await import('./commands/repo/snapshots-command.ts')).snapshotsCommand },
  { words: ['ls'], load: async () => (await import('./commands/repo/ls-command.ts')).lsCommand },
  { words: ['find'], load: async () => (await import('./commands/repo/find-command.ts')).findCommand },
  { words: ['diff'], load: async () => (await import('./commands/repo/diff-command.ts')).diffCommand },
  { words: ['dump'], load: async () => (await import('./commands/repo/dump-command.ts')).dumpCommand },
  { words: ['cat'], load: async () => (await import('./commands/repo/cat-command.ts')).catCommand },
  { words: ['restore'], load: async () => (await import('./commands/repo/restore-command.ts')).restoreCommand },
  { words: ['tag'], load: async () => (await import('./commands/repo/tag-command.ts')).tagCommand },
  { words: ['rewrite'], load: async () => (await import('./commands/repo/rewrite-command.ts')).rewriteCommand },
  { words: ['forget'], load: async () => (await import('./commands/repo/forget-command.ts')).forgetCommand },
  { words: ['prune'], load: async () => (await import('./commands/repo/prune-command.ts')).pruneCommand },
  { words: ['check'], load: async () => (await import('./commands/repo/check-command.ts')).checkCommand },
  { words: ['repair', 'index'], load: async () => (await import('./commands/repo/repair-index-command.ts')).repairIndexCommand },
  { words: ['repair', 'packs'], load: async () => (await import('./commands/repo/repair-packs-command.ts')).repairPacksCommand },
  {
    words: ['repair', 'snapshots'],
    load: async () => (await import('./commands/repo/repair-snapshots-command.ts')).repairSnapshotsCommand,
  },
  { words: ['recover'], load: async () => (await import('./commands/repo/recover-command.ts')).recoverCommand },
  { words: ['copy'], load: async () => (await import('./commands/repo/copy-command.ts')).copyCommand },
  { words: ['stats'], load: async () => (await import('./commands/repo/stats-command.ts')).statsCommand },
  {
    words: ['keys', 'list'],
    aliases: ['key'],
    load: async () => (await import('./commands/repo/keys-list-command.ts')).keysListCommand,
  },
  {
    words: ['keys', 'add'],
    aliases: ['key'],
    load: async () => (await import('./commands/repo/keys-add-command.ts')).keysAddCommand,
  },
  {
    words: ['keys', 'remove'],
    aliases: ['key'],
    load: async () => (await import('./commands/repo/keys-remove-command.ts')).keysRemoveCommand,
  },
  {
    words: ['keys', 'passwd'],
    aliases: ['key'],
    load: async () => (await import('./commands/repo/keys-passwd-command.ts')).keysPasswdCommand,
  },
  { words: ['locks'], load: async () => (await import('./commands/repo/locks-command.ts')).locksCommand },
  { words: ['unlock'], load: async () => (await import('./commands/repo/unlock-command.ts')).unlockCommand },
  { words: ['upgrade'], load: async () => (await import('./commands/repo/upgrade-command.ts')).upgradeCommand },
  { words: ['heal'], load: async () => (await import('./commands/repo/heal-command.ts')).healCommand },
]
