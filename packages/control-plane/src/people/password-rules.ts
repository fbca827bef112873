import { CoffreError } from '@coffre/foundation'

const lengthMin = 12
const lengthMax = 200
const differentMin = 5

/** What people choose when they must choose something long: compared in lower case, with digits and signs at both ends left out. */
const refused = new Set([
  'abcdefghijkl',
  'administrateur',
  'administrator',
  'adminadminadmin',
  'azertyuiopqs',
  'backupbackup',
  'changemechangeme',
  'changemeplease',
  'coffrecoffre',
  'correcthorsebatterystaple',
  'defaultpassword',
  'iloveyouiloveyou',
  'jetaimejetaime',
  'letmeinletmein',
  'letmeinplease',
  'loremipsumdolor',
  'motdepassemotdepasse',
  'monmotdepasse',
  'mypasswordis',
  'passwordpassword',
  'qwertyuiopas',
  'qwertyuiopasdfghjkl',
  'qwertzuiopas',
  'sauvegardesauvegarde',
  'secretsecret',
  'superadministrateur',
  'superadministrator',
  'trustnotrustno',
  'unmotdepasse',
  'welcomewelcome',
])

/** What is left of some of them without its digits: too little to stand in a longer one. */
const refusedCores = new Set([
  'password',
  'motdepasse',
  'admin',
  'welcome',
  'bienvenue',
  'qwerty',
  'azerty',
  'coffre',
  'backup',
  'secret',
])

/** Throws `auth.password-refused` for what is too short, too long or too well known. Says why, never what. */
export function checkNewPassword(password: string, userName: string): void {
  const length = [...password].length
  if (length < lengthMin || length > lengthMax)
    throw refusal(`a password has ${lengthMin} to ${lengthMax} characters, this one ${length}`)
  const lower = password.normalize('NFKC').toLowerCase()
  if (new Set(lower).size < differentMin) throw refusal(`a password has at least ${differentMin} different characters`)
  const core = lower.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '')
  if (isRow(lower) || refused.has(lower) || refused.has(core) || refusedCores.has(core))
    throw refusal('this password is among those that are tried first')
  const [local = ''] = userName.toLowerCase().split('@')
  if (lower.includes(userName.toLowerCase()) || (local.length >= 4 && core === local))
    throw refusal('a password does not contain the name of its user')
}

/** `123456789012`, `abcdefghijkl` and the like: each character follows the one before. */
function isRow(text: string): boolean {
  const steps = new Set<number>()
  for (let i = 1; i < text.length; i++) steps.add((text.charCodeAt(i) - text.charCodeAt(i - 1) + 10) % 10)
  return steps.size === 1 && /^(\d+|[a-z]+)$/.test(text)
}

function refusal(message: string): CoffreError {
  return new CoffreError('auth.password-refused', message, {
    hint: 'Several words that have nothing to do with each other make a good one.',
  })
}
