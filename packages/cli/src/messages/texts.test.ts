import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorCatalogue } from '@coffre/foundation'
import { english, type TextKey } from './english.ts'
import { french } from './french.ts'
import { frenchErrors } from './french-errors.ts'
import { languageOf, loadTexts } from './texts.ts'

function placeholders(text: string): string[] {
  return (text.match(/\{\w+\}/g) ?? []).sort()
}

test('both languages say the same things with the same values', () => {
  assert.deepEqual(Object.keys(french).sort(), Object.keys(english).sort())
  for (const [key, text] of Object.entries(english)) assert.deepEqual(placeholders(french[key as TextKey]), placeholders(text), key)
})

test('every error code has a meaning in French', () => {
  for (const code of Object.keys(errorCatalogue)) assert.ok(code in frenchErrors, code)
})

test('the language is decided as POSIX decides it', () => {
  assert.equal(languageOf({ LANG: 'fr_FR.UTF-8' }), 'fr')
  assert.equal(languageOf({ LANG: 'fr_FR.UTF-8', LC_MESSAGES: 'en_GB.UTF-8' }), 'en')
  assert.equal(languageOf({ LC_ALL: 'fr', LC_MESSAGES: 'C' }), 'fr')
  assert.equal(languageOf({ LC_ALL: '', LANG: 'fr_CA' }), 'fr')
  assert.equal(languageOf({ LANG: 'frp_IT' }), 'en')
  assert.equal(languageOf({}), 'en')
})

test('libraries speak English: French says what a code means, and keeps the details', async () => {
  const texts = await loadTexts('fr')
  assert.equal(texts.explain('repository.locked', 'locked by process 7'), 'le dépôt est verrouillé (locked by process 7)')
  assert.match(texts.advise('repository.locked', 'wait') ?? '', /--retry-lock/)
  assert.equal(texts.advise('repository.locked', undefined), undefined)
})
