import { rm, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { addKeyFile } from '@coffre/repository'
import { fixturePassword, ResticVault, type VaultOptions } from '@coffre/testkit'

/** A repository that stock restic made. Its key is exchanged for a cheap one, as restic's own would cost half a second in each call. */
export async function resticMadeVault(options: VaultOptions = {}): Promise<ResticVault> {
  const vault = await ResticVault.create(options)
  await rm(vault.location, { recursive: true })
  await vault.restic(['init', '--repository-version', `${options.version ?? 2}`])
  const { backend, masterKey, keyId, context } = await vault.open()
  await addKeyFile(backend, masterKey, Buffer.from(fixturePassword), context, vault.signal)
  await unlink(join(vault.location, 'keys', keyId))
  return vault
}
