import { defineServerCommand } from '../../command.ts'
import { bashCompletion } from '../../completion/bash-completion.ts'
import { loadCompletionTable } from '../../completion/completion-table.ts'
import { fishCompletion } from '../../completion/fish-completion.ts'
import { zshCompletion } from '../../completion/zsh-completion.ts'
import { usageError } from '../../messages/command-line-error.ts'
import { onlyOperand } from '../../options/operands.ts'

const shells = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const

export const completionCommand = defineServerCommand({
  options: {},
  operands: Object.keys(shells).join('|'),
  onlyPrints: true,
  async run(call) {
    const shell = onlyOperand(call, 'SHELL')
    if (!Object.hasOwn(shells, shell)) throw usageError('error.unknownShell', { shell, known: Object.keys(shells).join(', ') })
    const script = shells[shell as keyof typeof shells](await loadCompletionTable(call.commands, call.texts))
    if (call.output.json) call.output.printJson(script)
    else await call.output.printBytes(Buffer.from(script))
  },
})
