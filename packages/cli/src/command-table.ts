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
  { words: ['init'], load: async () => (await import('./commands/init-command.ts')).initCommand },
  { words: ['backup'], load: async () => (await import('./commands/backup-command.ts')).backupCommand },
  { words: ['snapshots'], load: async () => (await import('./commands/snapshots-command.ts')).snapshotsCommand },
  { words: ['ls'], load: async () => (await import('./commands/ls-command.ts')).lsCommand },
  { words: ['find'], load: async () => (await import('./commands/find-command.ts')).findCommand },
  { words: ['diff'], load: async () => (await import('./commands/diff-command.ts')).diffCommand },
  { words: ['dump'], load: async () => (await import('./commands/dump-command.ts')).dumpCommand },
  { words: ['cat'], load: async () => (await import('./commands/cat-command.ts')).catCommand },
  { words: ['restore'], load: async () => (await import('./commands/restore-command.ts')).restoreCommand },
  { words: ['tag'], load: async () => (await import('./commands/tag-command.ts')).tagCommand },
  { words: ['rewrite'], load: async () => (await import('./commands/rewrite-command.ts')).rewriteCommand },
  { words: ['forget'], load: async () => (await import('./commands/forget-command.ts')).forgetCommand },
  { words: ['prune'], load: async () => (await import('./commands/prune-command.ts')).pruneCommand },
  { words: ['check'], load: async () => (await import('./commands/check-command.ts')).checkCommand },
  { words: ['repair', 'index'], load: async () => (await import('./commands/repair-index-command.ts')).repairIndexCommand },
  { words: ['repair', 'packs'], load: async () => (await import('./commands/repair-packs-command.ts')).repairPacksCommand },
  {
    words: ['repair', 'snapshots'],
    load: async () => (await import('./commands/repair-snapshots-command.ts')).repairSnapshotsCommand,
  },
  { words: ['recover'], load: async () => (await import('./commands/recover-command.ts')).recoverCommand },
  { words: ['copy'], load: async () => (await import('./commands/copy-command.ts')).copyCommand },
  { words: ['stats'], load: async () => (await import('./commands/stats-command.ts')).statsCommand },
  {
    words: ['keys', 'list'],
    aliases: ['key'],
    load: async () => (await import('./commands/keys-list-command.ts')).keysListCommand,
  },
  { words: ['keys', 'add'], aliases: ['key'], load: async () => (await import('./commands/keys-add-command.ts')).keysAddCommand },
  {
    words: ['keys', 'remove'],
    aliases: ['key'],
    load: async () => (await import('./commands/keys-remove-command.ts')).keysRemoveCommand,
  },
  {
    words: ['keys', 'passwd'],
    aliases: ['key'],
    load: async () => (await import('./commands/keys-passwd-command.ts')).keysPasswdCommand,
  },
  { words: ['locks'], load: async () => (await import('./commands/locks-command.ts')).locksCommand },
  { words: ['unlock'], load: async () => (await import('./commands/unlock-command.ts')).unlockCommand },
  { words: ['upgrade'], load: async () => (await import('./commands/upgrade-command.ts')).upgradeCommand },
  { words: ['heal'], load: async () => (await import('./commands/heal-command.ts')).healCommand },
]
