import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeTerm, formatTerm, parseTerm, type Term, termProblem, termValueMax } from './term.ts'

test('terms are read and written', () => {
  const cases: readonly (readonly [string, Term, string, string])[] = [
    ['36h', { value: 36, unit: 'hours' }, '36 hours', '36 heures'],
    ['1d', { value: 1, unit: 'days' }, '1 day', '1 jour'],
    ['4w', { value: 4, unit: 'weeks' }, '4 weeks', '4 semaines'],
    ['12m', { value: 12, unit: 'months' }, '12 months', '12 mois'],
    ['1m', { value: 1, unit: 'months' }, '1 month', '1 mois'],
    ['2y', { value: 2, unit: 'years' }, '2 years', '2 ans'],
  ]
  for (const [text, term, english, french] of cases) {
    assert.deepEqual(parseTerm(` ${text} `), term)
    assert.equal(formatTerm(term), text)
    assert.equal(describeTerm(term, 'en'), english)
    assert.equal(describeTerm(term, 'fr'), french)
  }
})

test('what is no term, or out of range, is refused with its text', () => {
  for (const text of ['', '7', 'd', '7 d', '7D', '12M', '-1d', '1.5d', '1d2h', '7min', '9999999d']) {
    assert.throws(() => parseTerm(text), { code: 'policy.retention-invalid', message: `"${text}" is not a term` })
  }
  assert.throws(() => parseTerm('0d'), { code: 'policy.retention-invalid', message: /^0 days is out of range/ })
  assert.throws(() => parseTerm('36501d'), { code: 'policy.retention-invalid', message: /^36501 days is out of range/ })
  assert.equal(termProblem({ value: termValueMax.days, unit: 'days' }), undefined)
  assert.match(termProblem({ value: 1.5, unit: 'weeks' }) ?? '', /1\.5 weeks is out of range: a term is from 1 to 5214 weeks/)
})
