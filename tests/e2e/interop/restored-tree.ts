import { rm } from 'node:fs/promises'
import type { ByteString } from '@coffre/foundation'
import type { Id } from '@coffre/repository'
import { assertSameTree, type ResticVault, type TreeDescription, type TreeProcess } from '@coffre/testkit'
import { coffreRestore } from './coffre-side.ts'

export type Program = 'coffre' | 'restic'

/** A snapshot of a tree, and the tree as it was then. */
export interface KnownSnapshot {
  readonly id: Id
  readonly expected: TreeDescription
}

/** Restores the tree at `source` with either program to a fresh folder and compares it, all of it; `what` begins the complaint. */
export async function assertRestores(
  vault: ResticVault,
  hand: TreeProcess,
  { id, expected }: KnownSnapshot,
  source: ByteString,
  by: Program,
  what: string,
): Promise<void> {
  const target = vault.path('restored')
  if (by === 'restic') await vault.restic(['restore', id, '--target', target, '--no-lock', '--quiet'])
  else await coffreRestore(vault, id, target, { sparse: expected.size % 2 === 0 })
  assertSameTree(expected, await hand.describe(target + source), `${what}, restored by ${by}`)
  await rm(target, { recursive: true })
}

/** The same by Coffre, over what was restored there before, each thing brought to what it should be and all else removed. */
export async function assertRestoresOver(
  vault: ResticVault,
  hand: TreeProcess,
  { id, expected }: KnownSnapshot,
  source: ByteString,
  what: string,
): Promise<void> {
  const target = vault.path('restored-over')
  await coffreRestore(vault, id, target, { removeOthers: true })
  assertSameTree(expected, await hand.describe(target + source), `${what}, restored over another`)
}
