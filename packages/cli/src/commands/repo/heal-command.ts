import { type HealAction, heal, sweepLockVersions } from '@coffre/repository'
import { pathOf } from '@coffre/storage'
import { type Call, defineCommand } from '../../command.ts'
import { CommandLineError } from '../../messages/command-line-error.ts'
import { refuseOperands } from '../../options/operands.ts'
import { flag } from '../../options/option.ts'
import { openSession } from '../../session/open-session.ts'

const options = { dryRun: flag('dry-run', { short: 'n' }) } as const

const kindTexts = {
  hidden: 'heal.hidden',
  shadowed: 'heal.shadowed',
  planted: 'heal.planted',
  replayed: 'heal.replayed',
  lost: 'heal.lost',
} as const satisfies Record<HealAction['kind'], string>

export const healCommand = defineCommand({
  options,
  async run(call) {
    refuseOperands(call)
    const { output, texts } = call
    const { dryRun } = call.options
    await using session = await openSession(call, { lock: dryRun ? 'none' : 'exclusive' })
    const { repository, signal } = session
    const actions = await heal(repository, { dryRun, onAction: (action) => tell(action, call) }, signal)
    const { objectLock } = repository.backend
    const swept = dryRun || objectLock === undefined ? 0 : await sweepLockVersions(objectLock, signal)
    const lost = actions.filter(({ kind }) => kind === 'lost').length
    const count = actions.length - lost
    if (output.json) output.printJson({ message_type: 'summary', dry_run: dryRun, healed: count, lost, swept_lock_versions: swept })
    else output.summarize(texts.say(actions.length === 0 ? 'heal.nothing' : dryRun ? 'heal.would' : 'heal.done', { count }))
    if (lost > 0)
      throw new CommandLineError(
        'repository.damaged',
        { key: 'heal.errors', values: { count: lost } },
        { key: 'hint.damaged', values: {} },
      )
  },
})

function tell({ file, kind, cure }: HealAction, { output, texts }: Call<typeof options>): void {
  const path = pathOf(file)
  if (output.json) output.printJson({ message_type: 'healed', file: path, kind, cure })
  else output.print(texts.say(kindTexts[kind], { path }))
}
