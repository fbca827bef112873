import { realpath } from 'node:fs/promises'
import { type ByteString, byteStringFrom } from '@coffre/foundation'
import { parseLocation } from '@coffre/storage'
import type { WorkerParts } from './worker-parts.ts'

/** What is never part of a backup of files: the state folder, and every vault on a local disk. */
export async function hiddenPaths({ catalogue, stateFolder }: WorkerParts): Promise<ByteString[]> {
  const rows = await catalogue.selectFrom('vault').select('location').execute()
  const locations = rows.map(({ location }) => parseLocation(location))
  const paths = [stateFolder, ...locations.flatMap((location) => (location.kind === 'local' ? [location.path] : []))]
  const real = await Promise.all(paths.map((path) => realpath(path).catch(() => path)))
  return [...new Set([...paths, ...real])].map((path) => byteStringFrom(Buffer.from(path)))
}
