import type { CommandEntry } from '../command.ts'

/** What works on a repository with no server, in the order of the help. */
export const repoCommands: readonly CommandEntry[] = [
  { words: ['init'], load: async () => (await import('./repo/init-command.ts')).initCommand },
  { words: ['backup'], load: async () => (await import('./repo/backup-command.ts')).backupCommand },
  { words: ['snapshots'], load: async () => (await import('./repo/snapshots-command.ts')).snapshotsCommand },
  { words: ['ls'], load: async () => (await import('./repo/ls-command.ts')).lsCommand },
  { words: ['find'], load: async () => (await import('./repo/find-command.ts')).findCommand },
  { words: ['diff'], load: async () => (await import('./repo/diff-command.ts')).diffCommand },
  { words: ['dump'], load: async () => (await import('./repo/dump-command.ts')).dumpCommand },
  { words: ['cat'], load: async () => (await import('./repo/cat-command.ts')).catCommand },
  { words: ['restore'], load: async () => (await import('./repo/restore-command.ts')).restoreCommand },
  { words: ['tag'], load: async () => (await import('./repo/tag-command.ts')).tagCommand },
  { words: ['rewrite'], load: async () => (await import('./repo/rewrite-command.ts')).rewriteCommand },
  { words: ['forget'], load: async () => (await import('./repo/forget-command.ts')).forgetCommand },
  { words: ['prune'], load: async () => (await import('./repo/prune-command.ts')).pruneCommand },
  { words: ['check'], load: async () => (await import('./repo/check-command.ts')).checkCommand },
  { words: ['repair', 'index'], load: async () => (await import('./repo/repair-index-command.ts')).repairIndexCommand },
  { words: ['repair', 'packs'], load: async () => (await import('./repo/repair-packs-command.ts')).repairPacksCommand },
  {
    words: ['repair', 'snapshots'],
    load: async () => (await import('./repo/repair-snapshots-command.ts')).repairSnapshotsCommand,
  },
  { words: ['recover'], load: async () => (await import('./repo/recover-command.ts')).recoverCommand },
  { words: ['copy'], load: async () => (await import('./repo/copy-command.ts')).copyCommand },
  { words: ['stats'], load: async () => (await import('./repo/stats-command.ts')).statsCommand },
  {
    words: ['keys', 'list'],
    aliases: ['key'],
    load: async () => (await import('./repo/keys-list-command.ts')).keysListCommand,
  },
  {
    words: ['keys', 'add'],
    aliases: ['key'],
    load: async () => (await import('./repo/keys-add-command.ts')).keysAddCommand,
  },
  {
    words: ['keys', 'remove'],
    aliases: ['key'],
    load: async () => (await import('./repo/keys-remove-command.ts')).keysRemoveCommand,
  },
  {
    words: ['keys', 'passwd'],
    aliases: ['key'],
    load: async () => (await import('./repo/keys-passwd-command.ts')).keysPasswdCommand,
  },
  { words: ['locks'], load: async () => (await import('./repo/locks-command.ts')).locksCommand },
  { words: ['unlock'], load: async () => (await import('./repo/unlock-command.ts')).unlockCommand },
  { words: ['upgrade'], load: async () => (await import('./repo/upgrade-command.ts')).upgradeCommand },
  { words: ['heal'], load: async () => (await import('./repo/heal-command.ts')).healCommand },
]
