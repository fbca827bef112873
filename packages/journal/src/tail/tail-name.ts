import type { BranchId, Position } from '@coffre/connector'

/** What the name of a tail says. A hint for whoever lists: its header counts. */
export interface TailName {
  readonly number: number
  readonly epoch: number
  readonly branch: BranchId
  readonly after: string
  readonly through: string
  /** The first digits of the tail's id: two writers never write to one name. */
  readonly tag: string
}

export const tagDigits = 16
const numberDigits = 10
const epochDigits = 6
const empty = '~'

export function encodeTailName({ number, epoch, branch, after, through, tag }: TailName): string {
  return [startOf(number), String(epoch).padStart(epochDigits, '0'), ...[branch, after, through].map(escapeText), tag].join('_')
}

/** Undefined for a name that no tail has. */
export function decodeTailName(name: string): TailName | undefined {
  const [number = '', epoch = '', branch, after, through, tag = '', ...more] = name.split('_')
  const texts = [branch, after, through].map((text) => (text === undefined ? undefined : unescapeText(text)))
  const [branchId, from, to] = texts
  if (!/^\d{10}$/.test(number) || !/^\d{6}$/.test(epoch) || !/^[0-9a-f]{16}$/.test(tag) || more.length > 0) return undefined
  if (branchId === undefined || from === undefined || to === undefined) return undefined
  return { number: Number(number), epoch: Number(epoch), branch: branchId, after: from, through: to, tag }
}

/** What the names of all tails of a number begin with. */
export function tailNameStart(number: number): string {
  return `${startOf(number)}_`
}

/** Positions in tags and names: without characters that mean something there. */
export function encodePosition({ branch, offset }: Position): string {
  return `${escapeText(branch)}@${escapeText(offset)}`
}

export function decodePosition(text: string): Position | undefined {
  const [branch, offset, ...more] = text.split('@').map(unescapeText)
  return branch === undefined || offset === undefined || more.length > 0 ? undefined : { branch, offset }
}

function startOf(number: number): string {
  return String(number).padStart(numberDigits, '0')
}

/** Letters, digits and `.+=` as they are, each other byte of UTF-8 as `~` and two digits; nothing as `~` alone. */
function escapeText(text: string): string {
  if (text === '') return empty
  return text.replace(/[^A-Za-z0-9.+=]/gu, (character) =>
    [...Buffer.from(character)].map((byte) => `~${byte.toString(16).padStart(2, '0')}`).join(''),
  )
}

function unescapeText(text: string): string | undefined {
  if (text === empty) return ''
  if (!/^(?:[A-Za-z0-9.+=]|~[0-9a-f]{2})+$/.test(text)) return undefined
  return text.replace(/(?:~[0-9a-f]{2})+/g, (bytes) => Buffer.from(bytes.replaceAll('~', ''), 'hex').toString())
}
