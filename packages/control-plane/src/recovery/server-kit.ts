import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client, listVaults } from '@coffre/api-contract'
import { CoffreError, type Context, isCoffreError } from '@coffre/foundation'
import type { ServerSettings } from '../server/server-settings.ts'
import { StateLock } from '../server/state-lock.ts'
import { openOwnCatalogue } from './open-own-catalogue.ts'

interface KitVault {
  readonly name: string
  readonly location: string
  readonly repositoryId: string | null
}

/**
 * `coffre catalogue kit`: what is to be printed and kept away from the server, French and English. It holds the master key: only who
 * can read the state folder gets it, whether its server runs or not.
 */
export async function serverKit(
  settings: ServerSettings,
  context: Context,
  log: (line: string) => void,
  signal: AbortSignal,
): Promise<string> {
  const { stateFolder } = settings
  const masterKey = await readFile(join(stateFolder, 'master-key'), 'utf8').catch((cause: unknown) => {
    throw new CoffreError('secret.master-key', `there is no master key to read in ${stateFolder}`, {
      hint: 'Has a server run there? Run this as the user that it runs as, or name another folder with --state-folder.',
      cause,
    })
  })
  const vaults = await vaultsOf(settings, context, log, signal)
  return textOf(stateFolder, masterKey.trim(), vaults, new Date(context.clock.nowMs()))
}

async function vaultsOf(
  settings: ServerSettings,
  context: Context,
  log: (line: string) => void,
  signal: AbortSignal,
): Promise<readonly KitVault[]> {
  try {
    await using _lock = await StateLock.take(settings.stateFolder)
    await using own = await openOwnCatalogue(settings, context, log, signal)
    const rows = own.catalogue.selectFrom('vault').select(['name', 'location', 'repositoryId']).where('deletionDate', 'is', null)
    return await rows.orderBy('name').execute()
  } catch (error) {
    if (!isCoffreError(error, 'server.running')) throw error
    return vaultsOfServer(settings.stateFolder)
  }
}

/** The server that runs is asked, as it has the catalogue. */
async function vaultsOfServer(stateFolder: string): Promise<readonly KitVault[]> {
  const { url } = JSON.parse(await readFile(join(stateFolder, 'server.json'), 'utf8')) as { readonly url: string }
  const token = (await readFile(join(stateFolder, 'local-credential'), 'utf8')).trim()
  const client = new Client({ url, token })
  const vaults: KitVault[] = []
  for (let after: string | undefined; ; ) {
    const { items, next } = await client.call(listVaults, { query: { limit: 100, ...(after === undefined ? {} : { after }) } })
    vaults.push(...items)
    if (next === undefined) return vaults
    after = next
  }
}

function textOf(stateFolder: string, masterKey: string, vaults: readonly KitVault[], madeAt: Date): string {
  const lines = vaults.map(({ name, location, repositoryId }) => `  ${name}\n      ${location}\n      ${repositoryId ?? ''}`)
  return `COFFRE - SERVER KIT / KIT DU SERVEUR

  State folder / dossier d'état   ${stateFolder}
  Made / établi                   ${madeAt.toISOString()}

  MASTER KEY / CLÉ MAÎTRESSE

      ${masterKey}

It opens the credentials of sources and vaults in this server's catalogue, and the backups of the
catalogue in its vaults. Keep it on paper, away from the server. The recovery keys of the vaults are on
kits of their own.

Elle ouvre les identifiants des sources et des coffres dans le catalogue de ce serveur, et les sauvegardes
du catalogue dans ses coffres. Gardez-la sur papier, loin du serveur. Les clés de secours des coffres sont
sur leurs propres kits.

VAULTS / COFFRES   (name, location, repository / nom, lieu, dépôt)

${lines.length === 0 ? '  none / aucun' : lines.join('\n')}

THE STATE FOLDER IS THERE, master-key IS LOST / LE DOSSIER D'ÉTAT EST LÀ, master-key EST PERDU

  Write the key as one line to master-key in the state folder, readable for its owner only (0600).
  Écrire la clé sur une ligne dans master-key du dossier d'état, lisible de son seul propriétaire (0600).

THE SERVER IS LOST / LE SERVEUR EST PERDU

  Write the master key as one line to a file KIT. With people and secrets, as of the last daily backup:
  Écrire la clé maîtresse sur une ligne dans un fichier KIT. Avec les personnes et les secrets, dans l'état
  de la dernière sauvegarde quotidienne :

  coffre catalogue restore --vault LOCATION --recovery-key-file FILE --kit KIT [--vault …]
  npm start

  Without this kit, and without people and secrets / sans ce kit, et sans les personnes ni les secrets :

  coffre catalogue rebuild --vault LOCATION --recovery-key-file FILE [--vault …]
  npm start
`
}
