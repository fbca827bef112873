import type { Random } from '@coffre/foundation'

/** Without I, L, O and U: what is read from paper is not mistaken. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const characters = 40
const groupCharacters = 5

/**
 * A new recovery key: 200 random bits in eight groups of five characters. It is a vault's password as it stands, dashes included, so
 * that stock restic takes it.
 */
export function newRecoveryKey(random: Random): string {
  const bytes = random.bytes(characters)
  const text = Array.from(bytes, (byte) => alphabet[byte & 31]).join('')
  return (text.match(new RegExp(`.{${groupCharacters}}`, 'g')) ?? []).join('-')
}
