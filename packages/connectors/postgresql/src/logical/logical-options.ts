import { CoffreError } from '@coffre/foundation'

/** What a user may say of a restore of dumps into a running server. */
export interface LogicalOptions {
  /** All unless given. */
  readonly databases?: readonly string[]
  /** Whether roles that the server lacks are made: with the passwords that the point has, or without any. */
  readonly makesRoles: boolean
}

const known = ['databases', 'makesRoles']

/** Reads the options; `source.config-invalid` names the field. Pure. */
export function parseLogicalOptions(input: unknown): LogicalOptions {
  const given = input === undefined ? {} : input
  if (given === null || typeof given !== 'object' || Array.isArray(given)) throw invalid('options', 'is not an object')
  for (const name of Object.keys(given))
    if (!known.includes(name)) throw invalid(name, `is not known for dumps; known are ${known.join(', ')}`)
  const { databases, makesRoles = true } = given as Readonly<Record<string, unknown>>
  if (typeof makesRoles !== 'boolean') throw invalid('makesRoles', 'is neither true nor false')
  if (databases === undefined) return { makesRoles }
  if (!Array.isArray(databases) || databases.length === 0 || !databases.every((one) => typeof one === 'string' && one !== ''))
    throw invalid('databases', 'is not a list of names')
  return { databases, makesRoles }
}

function invalid(field: string, problem: string): CoffreError {
  return new CoffreError('source.config-invalid', `${field} ${problem}`, {
    hint: 'docs/connectors/postgresql.md has what can be said of a restore.',
  })
}
