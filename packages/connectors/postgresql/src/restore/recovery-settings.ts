import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ifMissing } from './if-missing.ts'

/** Where PostgreSQL ends its recovery. */
export type RecoveryTarget =
  /** As soon as the base stands on its own. */
  | { readonly kind: 'base' }
  /** Behind the record that begins here, on this timeline. */
  | { readonly kind: 'record'; readonly lsn: string; readonly timeline: number }

/** There while log is being fetched: whoever waits for a segment then waits on. Touched again and again. */
export const fetchingMark = 'coffre_fetching'

/**
 * Waits until a segment is there, as the log is fetched ahead of the replay, and always fails: PostgreSQL then reads the segment where it
 * is, without a copy. A mark that was not touched for minutes is that of a restore that was killed.
 */
const restoreCommand =
  'case %f in *.history) exit 1;; esac; ' +
  `while test -e ${fetchingMark} && test ! -e pg_wal/%f && test -z "$(find ${fetchingMark} -mmin +2)"; do sleep 0.05; done; exit 1`

/** What a recovery is told; taken out again once it is over. */
const isRecoverySetting =
  /^\s*(?:restore_command|recovery_target(?:_\w+)?|archive_cleanup_command|recovery_end_command|recovery_min_apply_delay)\b/i

/**
 * Has the server recover to the target when it starts next. PostgreSQL refuses two targets, an empty one among them: what an earlier
 * recovery of the source has left in its settings is taken out. Resolves to the files that were changed and are not Coffre's to change.
 */
export async function writeRecoverySettings(
  folder: string,
  target: RecoveryTarget,
  hasTablespacesInPlace: boolean,
): Promise<readonly string[]> {
  await writeFile(join(folder, 'recovery.signal'), '', { mode: 0o600 })
  await removeRecoverySettings(folder)
  await setAutomatically(folder, {
    restore_command: restoreCommand,
    ...targetSettings(target),
    recovery_target_action: 'promote',
    ...(hasTablespacesInPlace ? { allow_in_place_tablespaces: 'on' } : {}),
  })
  const path = join(folder, 'postgresql.conf')
  const text = await readFile(path, 'utf8').catch(ifMissing(''))
  const lines = text.split('\n')
  if (!lines.some((line) => isRecoverySetting.test(line))) return []
  await writeFile(path, lines.map((line) => (isRecoverySetting.test(line) ? `# ${line}` : line)).join('\n'))
  return ['postgresql.conf']
}

/** After the recovery: what is left would send a standby that is made of this server one day to an old target. */
export async function removeRecoverySettings(folder: string): Promise<void> {
  const path = join(folder, 'postgresql.auto.conf')
  const text = await readFile(path, 'utf8').catch(ifMissing(''))
  const lines = text.split('\n').filter((line) => !isRecoverySetting.test(line))
  await writeFile(path, lines.join('\n'), { mode: 0o600 })
}

/** As ALTER SYSTEM would; what was set before counts no more. */
export async function setAutomatically(folder: string, settings: Readonly<Record<string, string>>): Promise<void> {
  const path = join(folder, 'postgresql.auto.conf')
  const present = await readFile(path, 'utf8').catch(ifMissing(''))
  const kept = present.split('\n').filter((line) => !Object.keys(settings).some((name) => line.startsWith(`${name} =`)))
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'`)
  await writeFile(path, `${[...kept.filter((line) => line !== ''), ...lines].join('\n')}\n`, { mode: 0o600 })
}

function targetSettings(target: RecoveryTarget): Readonly<Record<string, string>> {
  if (target.kind === 'base') return { recovery_target: 'immediate', recovery_target_timeline: 'current' }
  return {
    recovery_target_lsn: target.lsn,
    recovery_target_inclusive: 'on',
    // PostgreSQL reads it as a decimal number.
    recovery_target_timeline: String(target.timeline),
  }
}
