import type { SeededRandom } from '../seeded-random.ts'
import type { ContentPiece } from './tree-operation.ts'

export function chosen<Item>(random: SeededRandom, items: readonly Item[]): Item {
  const item = items[random.integer(items.length)]
  if (item === undefined) throw new Error('there is nothing to choose from')
  return item
}

/** Content of exactly `size` bytes: random, compressible, empty of information, or all of it in turn. */
export function generatedContent(size: number, random: SeededRandom): readonly ContentPiece[] {
  const seed = random.integer(2 ** 31)
  if (size === 0) return []
  const third = Math.floor(size / 3)
  const recipes: readonly (readonly ContentPiece[])[] = [
    [['random', size, seed]],
    [['random', size, seed]],
    [['text', size, seed]],
    [['zeros', size, seed]],
    // The same beginning in many files, for blobs that are known already.
    [['text', size, 1]],
    [
      ['random', third, seed],
      ['zeros', third, 0],
      ['text', size - 2 * third, seed],
    ],
    [
      ['hole', size - 1, 0],
      ['random', 1, seed],
    ],
    [
      ['random', third, seed],
      ['hole', third, 0],
      ['random', size - 2 * third, seed],
    ],
  ]
  return chosen(random, recipes).filter(([, bytes]) => bytes > 0)
}
