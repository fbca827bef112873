import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkNewPassword } from './password-rules.ts'

test('what is short, long, or tried first is refused, without telling it', () => {
  const refused = [
    'short',
    'eleven char',
    'x'.repeat(201),
    `a1b2c3${'z'.repeat(195)}`,
    'aaaaaaaaaaaaaaaa',
    'abababababab',
    '123456789012',
    '987654321098',
    'abcdefghijklmn',
    'Password1234!',
    'passwordpassword',
    'MotDePasse2026',
    '2026-Bienvenue!!',
    'CorrectHorseBatteryStaple',
    'alice@example.com1',
    'Ａｄｍｉｎ１２３４５６７８',
  ]
  for (const password of refused)
    assert.throws(
      () => checkNewPassword(password, 'alice@example.com'),
      (error: Error & { code?: string }) => error.code === 'auth.password-refused' && !error.message.includes(password),
      password,
    )
})

test('what nobody guesses is admitted, in any script', () => {
  const admitted = [
    'wet lamp of the north',
    'twelve-chars',
    'déjà 7 grues là-haut',
    '正しい馬の電池の主食と水曜日',
    `${'p'.repeat(190)}qrst uvwx!`,
    '4f9a-11c0-77de',
  ]
  for (const password of admitted) assert.doesNotThrow(() => checkNewPassword(password, 'alice'), password)
})
