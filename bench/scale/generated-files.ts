import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Keystream } from '../corpora/keystream.ts'

const filesPerPiece = 4096
const bytesMax = 1024
const bytesMin = 64

/** Where a generated file is below the folder that was filled. */
export function generatedPath(number: number, filesPerFolder: number): string {
  return `d${Math.floor(number / filesPerFolder)}/f${number}`
}

/** Fills a folder with small files of 64 to 1,023 random bytes, no two alike. */
export function writeGeneratedFiles(folder: string, count: number, filesPerFolder: number): void {
  const stream = new Keystream(5)
  for (let first = 0; first < count; first += filesPerPiece) {
    const piece = stream.bytes(first * bytesMax, filesPerPiece * bytesMax)
    for (let number = first; number < Math.min(count, first + filesPerPiece); number++) {
      const path = join(folder, generatedPath(number, filesPerFolder))
      if (number % filesPerFolder === 0) mkdirSync(join(path, '..'), { recursive: true })
      const begin = (number - first) * bytesMax
      writeFileSync(path, piece.subarray(begin, begin + bytesMin + ((number * 37) % (bytesMax - bytesMin))))
    }
  }
}
