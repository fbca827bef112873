import type { RepositoryIndex } from '../index/repository-index.ts'
import type { Repository } from '../repository/repository.ts'
import type { Report } from './finding.ts'
import type { PackTotals } from './pack-totals.ts'

const absent = -1

/** The sizes of the packs that are there, by number; -1 for those that are not. */
export type PackSizes = Float64Array

/** Compares the packs that the index names with those that are stored. */
export async function checkPacks(
  repository: Repository,
  index: RepositoryIndex,
  totals: PackTotals,
  report: Report,
  signal: AbortSignal,
): Promise<PackSizes> {
  const sizes = new Float64Array(totals.limit).fill(absent)
  for await (const file of repository.backend.list('pack', signal)) {
    const pack = index.packs.find(file.name)
    if (pack >= 0 && totals.isIndexed(pack)) sizes[pack] = file.sizeBytes
    else
      report({
        kind: 'orphan-pack',
        severity: 'note',
        file: { type: 'pack', name: file.name },
        message: `pack ${file.name} is in no index`,
      })
  }
  for (let pack = 0; pack < totals.limit; pack++)
    if (totals.isIndexed(pack)) checkPack(index, totals, pack, sizes[pack] ?? absent, report)
  return sizes
}

function checkPack(index: RepositoryIndex, totals: PackTotals, pack: number, sizeBytes: number, report: Report): void {
  const name = index.packs.id(pack)
  const file = { type: 'pack', name } as const
  const expected = totals.expectedBytes(pack)
  if (sizeBytes === absent)
    report({ kind: 'missing-pack', severity: 'error', file, message: `pack ${name} is in the index and not in the storage` })
  else if (sizeBytes !== expected) {
    report({
      kind: 'wrong-size',
      severity: 'error',
      file,
      message: `pack ${name} has ${sizeBytes} bytes, by the index it has ${expected}`,
    })
  }
  if (totals.isMixed(pack)) report({ kind: 'mixed-pack', severity: 'note', file, message: `pack ${name} has both trees and data` })
}
