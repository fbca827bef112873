import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import type { CommandTree } from './command.ts'
import { commandTables } from './command-table.ts'
import { commandHelp, overview } from './help.ts'
import { loadTexts } from './messages/texts.ts'
import { globalOptionsOf } from './options/global-options.ts'

const trees: readonly CommandTree[] = ['server', 'repo']

for (const language of ['en', 'fr'] as const) {
  for (const tree of trees) {
    test(`help (${language}, ${tree}): every command and every option has its text`, async () => {
      const texts = await loadTexts(language)
      const all = await overview(tree, [], texts)
      for (const entry of commandTables[tree]) {
        const name = entry.words.join(' ')
        assert.match(all, new RegExp(`\\n  ${name} +\\S`), name)
        const command = await entry.load()
        const help = (await commandHelp(tree, entry, command, texts)).split('\n')
        for (const { name: option, hidden } of Object.values({ ...globalOptionsOf[tree], ...command.options })) {
          if (hidden === true) continue
          const at = help.findIndex((line) => new RegExp(`^  (-\\w,|   ) --${option}( |$)`).test(line))
          assert.ok(at >= 0, `${name} --${option} is not in the help`)
          const described = /--\S+( \S+)? {2,}\S/.test(help[at] ?? '') || /^ {30,}\S/.test(help[at + 1] ?? '')
          assert.ok(described, `${name} --${option} has no text: ${help[at]}`)
        }
      }
    })
  }
}

test('what the launcher runs is named where all commands are, and so are those that need no server', async () => {
  for (const language of ['en', 'fr'] as const) {
    const all = await overview('server', [], await loadTexts(language))
    for (const word of ['server', 'worker', 'catalogue', 'repo']) assert.match(all, new RegExp(`\\n {2}${word} +\\S`), word)
  }
})

const pages = { server: 'cli.md', repo: 'cli-repo.md' } as const

for (const tree of trees) {
  test(`docs/${pages[tree]} has every command with all of its options`, async () => {
    const page = await readFile(new URL(`../../../docs/${pages[tree]}`, import.meta.url), 'utf8')
    for (const entry of commandTables[tree]) {
      const name = entry.words.join(' ')
      const section = page.split(/^### /m).find((part) => part.startsWith(`${name}\n`))
      assert.ok(section !== undefined, `docs/${pages[tree]} has no section on ${name}`)
      for (const { name: option, hidden } of Object.values((await entry.load()).options)) {
        assert.ok(hidden === true || section.includes(`--${option}`), `docs/${pages[tree]}: ${name} lacks --${option}`)
      }
    }
    for (const { name, hidden } of Object.values(globalOptionsOf[tree]))
      assert.ok(hidden === true || page.includes(`--${name}`), `docs/${pages[tree]} lacks --${name}`)
  })

  test(`the letters and names of a command do not clash with those of every command (${tree})`, async () => {
    for (const entry of commandTables[tree]) {
      const all = [...Object.values(globalOptionsOf[tree]), ...Object.values((await entry.load()).options)]
      const names = all.map(({ name }) => name)
      const letters = all.flatMap(({ short }) => (short === undefined ? [] : [short]))
      assert.equal(new Set(names).size, names.length, entry.words.join(' '))
      assert.equal(new Set(letters).size, letters.length, entry.words.join(' '))
    }
  })
}
