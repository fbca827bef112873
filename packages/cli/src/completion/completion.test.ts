import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { runCli } from '../testing/run-cli.ts'

/** What bash completes the last of the words to, by the script. */
async function completed(script: string, words: readonly string[]): Promise<string[]> {
  const program = `${script}
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_coffre
printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout } = await promisify(execFile)('bash', ['--norc', '-c', program, 'bash', ...words], { cwd: '/' })
  return stdout.split('\n').filter((word) => word !== '')
}

test('bash completes words, options and their values, of commands with and without a server', async () => {
  const { stdout: script } = await runCli(['completion', 'bash'])
  const cases: readonly (readonly [words: readonly string[], some: readonly string[], exact?: boolean])[] = [
    [['va'], ['vault'], true],
    [['vault', ''], ['create', 'list', 'show', 'lock', 'unlock', 'heal', 'policies', 'delete'], true],
    [['cat'], ['catalogue'], true],
    [['two-factor', 'b'], ['begin'], true],
    [['--json', 'vault', 'cr'], ['create'], true],
    [['vault', 'create', '--l'], ['--lock'], true],
    [['vault', 'lock', 'main', '--mode', ''], ['governance', 'compliance'], true],
    [['vault', 'create', 'main', '--lock', ''], ['governance', 'compliance'], true],
    [['restore', 'docs', '--o'], ['--overwrite'], true],
    [
      ['repo', ''],
      ['init', 'backup', 'keys'],
    ],
    [['repo', 'keys', ''], ['list', 'add', 'remove', 'passwd'], true],
    [['repo', 'backup', '--exclude-c'], ['--exclude-caches'], true],
    [['protect', '/et'], ['/etc'], true],
    [['backup', 'vault', '--w'], ['--wait'], true],
  ]
  for (const [words, some, exact] of cases) {
    const found = await completed(script, ['coffre', ...words])
    if (exact === true) assert.deepEqual(found, some, words.join(' '))
    else
      assert.deepEqual(
        some.filter((word) => !found.includes(word)),
        [],
        words.join(' '),
      )
  }
})

test('the scripts of the other shells know every command, too', async () => {
  const { stdout: zsh } = await runCli(['completion', 'zsh'])
  assert.match(zsh, /^#compdef coffre\n/)
  assert.match(zsh, /'repo keys'\) echo 'list add remove passwd' ;;/)
  const { stdout: fish } = await runCli(['completion', 'fish'], { environment: { LANG: 'fr_FR.UTF-8' } })
  assert.match(fish, /complete -c coffre -n "__coffre_at 'vault'" -f -a 'create' -d 'Créer un coffre/)
  assert.match(fish, /complete -c coffre -n "__coffre_at 'vault create'" -l lock -x -a 'governance compliance' -d 'nul n’abrège/)
  assert.match(fish, /complete -c coffre -n "__coffre_at 'repo backup'" -s n -l dry-run -d /)
  assert.equal((await runCli(['completion', 'tcsh'])).exitCode, 20)
})
