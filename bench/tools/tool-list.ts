import type { BackupTool } from './backup-tool.ts'
import { borg } from './borg.ts'
import { coffre, coffreVerifyingAll } from './coffre.ts'
import { kopia } from './kopia.ts'
import { restic, resticWithoutExtraVerify } from './restic.ts'

/** What `--tools` can name, with the rows that it gets in the tables. */
export const toolList: Readonly<Record<string, readonly BackupTool[]>> = {
  coffre: [coffre, coffreVerifyingAll],
  restic: [restic, resticWithoutExtraVerify],
  kopia: [kopia],
  borg: [borg],
}
