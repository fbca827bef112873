import { CoffreError } from '@coffre/foundation'
import { parsePolynomial } from '../chunk/polynomial.ts'
import { damaged, idOf, parseJsonObject, wholeNumberOf } from './json-fields.ts'
import type { Id } from './node.ts'

/** A repository's config file; design.rst, section "Repository Layout". */
export interface RepositoryConfig {
  readonly version: 1 | 2
  /** Random, not a hash. */
  readonly id: Id
  /** In hexadecimal digits; irreducible, of degree 53. */
  readonly chunkerPolynomial: string
}

export function encodeConfig(config: RepositoryConfig): Buffer {
  return Buffer.from(`{"version":${config.version},"id":"${config.id}","chunker_polynomial":"${config.chunkerPolynomial}"}`)
}

/** Refuses what restic refuses: a version that is not known, or a polynomial that is not irreducible. */
export function decodeConfig(content: Uint8Array): RepositoryConfig {
  const what = 'the config'
  const raw = parseJsonObject(content, what)
  const version = wholeNumberOf(raw['version'], what)
  if (version > 2) {
    throw new CoffreError('repository.format-newer', `the repository has format version ${version}, versions 1 and 2 are known`, {
      hint: 'Use a newer Coffre.',
    })
  }
  if (version !== 1 && version !== 2) throw damaged(what, `${version} is not a format version`)
  const polynomial = raw['chunker_polynomial']
  if (typeof polynomial !== 'string') throw damaged(what, 'it has no chunker polynomial')
  parsePolynomial(polynomial)
  return { version, id: idOf(raw['id'], what), chunkerPolynomial: polynomial }
}
