import { findOnPath } from '../fetch/tool-version.ts'
import { runCommand } from '../run-command.ts'

interface MachineNeed {
  /** The command that shows that it is there, and works. */
  readonly command: readonly [program: string, ...args: string[]]
  readonly advice: string
}

/** What a test run takes from the machine, besides the tools of the tool table, which say themselves what they need. */
const machineNeeds: readonly MachineNeed[] = [
  { command: ['npm', '--version'], advice: 'npm is missing: apt-get install npm' },
  { command: ['python3', '--version'], advice: 'python3 is missing: apt-get install python3' },
  { command: ['python3', '-c', 'import pip'], advice: 'python3 has no pip: apt-get install python3-pip' },
]

/** One line for each thing that is missing, with what to install. */
export async function missingNeeds(): Promise<string[]> {
  const lines = await Promise.all(
    machineNeeds.map(async ({ command: [program, ...args], advice }) => {
      if ((await findOnPath(program)) === undefined) return args[0] === '-c' ? [] : [advice]
      return (await runCommand(program, args)).exitCode === 0 ? [] : [advice]
    }),
  )
  return lines.flat()
}
