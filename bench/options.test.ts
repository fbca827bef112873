import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseOptions } from './options.ts'

function namesFor(...args: string[]) {
  const options = parseOptions(args)
  const names = (list: readonly { readonly name: string }[] = []) => list.map(({ name }) => name).join()
  return { corpora: names(options?.corpora), scale: names(options?.scaleRuns), tools: names(options?.tools) }
}

test('without a choice everything runs, with one only what was chosen', () => {
  const all = namesFor()
  assert.equal(all.corpora, 'rand1g,blob1g,tree,pg1')
  assert.equal(all.scale, 'index,prune,million-files,postgresql-base,postgresql-log')
  assert.equal(all.tools, 'coffre,coffre --verify-writes all,restic,restic --no-extra-verify,kopia,borg')
  assert.deepEqual(namesFor('--corpora', 'tree, pg1', '--tools=kopia'), { corpora: 'tree,pg1', scale: '', tools: 'kopia' })
  assert.deepEqual(namesFor('--scale', 'all', '--tools=borg'), { corpora: '', scale: all.scale, tools: 'borg' })
})

test('the smoke run takes only what is there anyway', () => {
  assert.deepEqual(namesFor('--smoke'), { corpora: 'rand1g,packages', scale: '', tools: 'coffre,restic' })
})

test('what is not understood is refused, with what there is', () => {
  assert.throws(() => parseOptions(['--corpora', 'rand']), /no corpus rand; there are rand1g,/)
  assert.throws(() => parseOptions(['--tools', 'tar']), /no tool tar; there are coffre, restic/)
  assert.throws(() => parseOptions(['--scale', 'x']), /no scale run x/)
  assert.throws(() => parseOptions(['--rounds', '0']), /--rounds takes a whole number from 1 on, not 0/)
  assert.throws(() => parseOptions(['--round', '1']), /--round/)
  assert.equal(parseOptions(['--help']), undefined)
})
