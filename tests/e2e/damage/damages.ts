import type { StoredFiles } from '@coffre/storage'
import type { SeededRandom } from '@coffre/testkit'
import type { Kind } from './example-vault.ts'

export interface Damage {
  readonly how: string
  /** The vault with the damage. */
  readonly files: StoredFiles
}

const flipsByChance = 4

/** Every way in which one file is damaged. `others` are of the same kind, older ones first; the first of them takes its place. */
export function damagesOf(kind: Kind, path: string, files: StoredFiles, others: readonly string[], random: SeededRandom): Damage[] {
  const bytes = files.get(path) ?? new Uint8Array()
  const changed = (how: string, content: Uint8Array): Damage => ({ how, files: new Map(files).set(path, content) })
  const damages = [
    changed('cut to half', bytes.subarray(0, bytes.length >> 1)),
    changed('cut by one byte', bytes.subarray(0, -1)),
    changed('emptied', new Uint8Array()),
    changed('zeroed', new Uint8Array(bytes.length)),
    changed(
      'zeroed from the middle',
      Uint8Array.from(bytes, (byte, at) => (at < bytes.length >> 1 ? byte : 0)),
    ),
    changed('longer by one byte', Uint8Array.from([...bytes, 0])),
  ]
  for (const [where, at] of Object.entries(placesIn(kind, bytes)))
    damages.push(changed(`bit flipped in ${where}`, flipped(bytes, at, random)))
  for (let flip = 0; flip < flipsByChance; flip++) {
    const at = random.integer(bytes.length)
    damages.push(changed(`bit flipped at ${at}`, flipped(bytes, at, random)))
  }
  const without = new Map(files)
  without.delete(path)
  damages.push({ how: 'deleted', files: without })
  const [older] = others
  if (older !== undefined) {
    const content = files.get(older) ?? new Uint8Array()
    damages.push(changed('replaced by an older one', content))
    damages.push({ how: 'swapped with another one', files: new Map(files).set(path, content).set(older, bytes) })
  }
  return damages
}

/** Nonce, content and MAC of what is sealed; in a pack, of its first blob and of its header. */
function placesIn(kind: Kind, bytes: Uint8Array): Record<string, number> {
  const last = bytes.length - 1
  if (kind === 'key') return { 'its first byte': 0, 'its last byte': last }
  if (kind !== 'data pack' && kind !== 'tree pack') return { 'the nonce': 3, 'the content': 20, 'the MAC': last - 5 }
  const headerBytes = Buffer.from(bytes).readUInt32LE(bytes.length - 4)
  const headerAt = bytes.length - 4 - headerBytes
  return {
    'the nonce of a blob': 3,
    'the content of a blob': 20,
    'the MAC of the last blob': headerAt - 5,
    'the nonce of the header': headerAt + 3,
    'the content of the header': headerAt + 20,
    'the MAC of the header': last - 8,
    'the length of the header': last - 3,
    'the high byte of that length': last,
  }
}

function flipped(bytes: Uint8Array, at: number, random: SeededRandom): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy[at] = (copy[at] ?? 0) ^ (1 << random.integer(8))
  return copy
}
