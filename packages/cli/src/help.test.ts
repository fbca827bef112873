import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { commandTable } from './command-table.ts'
import { commandHelp, overview } from './help.ts'
import { loadTexts } from './messages/texts.ts'
import { globalOptions } from './options/global-options.ts'

for (const language of ['en', 'fr'] as const) {
  test(`help (${language}): every command and every option has its text`, async () => {
    const texts = await loadTexts(language)
    const all = await overview([], texts)
    for (const entry of commandTable) {
      const name = entry.words.join(' ')
      assert.match(all, new RegExp(`\\n  ${name} +\\S`), name)
      const command = await entry.load()
      const help = (await commandHelp(entry, command, texts)).split('\n')
      for (const { name: option, hidden } of Object.values({ ...globalOptions, ...command.options })) {
        if (hidden === true) continue
        const at = help.findIndex((line) => new RegExp(`^  (-\\w,|   ) --${option}( |$)`).test(line))
        assert.ok(at >= 0, `${name} --${option} is not in the help`)
        const described = /--\S+( \S+)? {2,}\S/.test(help[at] ?? '') || /^ {30,}\S/.test(help[at + 1] ?? '')
        assert.ok(described, `${name} --${option} has no text: ${help[at]}`)
      }
    }
  })
}

test('docs/cli.md has every command with all of its options', async () => {
  const page = await readFile(new URL('../../../docs/cli.md', import.meta.url), 'utf8')
  for (const entry of commandTable) {
    const name = entry.words.join(' ')
    const section = page.split(/^### /m).find((part) => part.startsWith(`${name}\n`))
    assert.ok(section !== undefined, `docs/cli.md has no section on ${name}`)
    for (const { name: option, hidden } of Object.values((await entry.load()).options)) {
      assert.ok(hidden === true || section.includes(`--${option}`), `docs/cli.md: ${name} lacks --${option}`)
    }
  }
  for (const { name, hidden } of Object.values(globalOptions))
    assert.ok(hidden === true || page.includes(`--${name}`), `docs/cli.md lacks --${name}`)
})

test('the letters and names of a command do not clash with those of every command', async () => {
  for (const entry of commandTable) {
    const all = [...Object.values(globalOptions), ...Object.values((await entry.load()).options)]
    const names = all.map(({ name }) => name)
    const letters = all.flatMap(({ short }) => (short === undefined ? [] : [short]))
    assert.equal(new Set(names).size, names.length, entry.words.join(' '))
    assert.equal(new Set(letters).size, letters.length, entry.words.join(' '))
  }
})
