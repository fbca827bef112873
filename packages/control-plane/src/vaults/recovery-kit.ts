/** What a recovery kit tells. */
export interface RecoveryKitFacts {
  readonly vault: string
  readonly location: string
  readonly repositoryId: string
  readonly recoveryKey: string
  /** The vault's key file that this key opens, as stored: without it the recovery key is useless if the vault's own copy is lost. */
  readonly keyFile: { readonly name: string; readonly content: string }
  readonly madeAt: Date
}

/** To be printed and kept away from the vault: how to get everything back with stock restic and nothing else. French and English. */
export function recoveryKit({ vault, location, repositoryId, recoveryKey, keyFile, madeAt }: RecoveryKitFacts): string {
  return `COFFRE - RECOVERY KIT / KIT DE SECOURS

  Vault / coffre       ${vault}
  Location / lieu      ${location}
  Repository / dépôt   ${repositoryId}
  Made / établi        ${madeAt.toISOString()}

  RECOVERY KEY / CLÉ DE SECOURS

      ${recoveryKey}

Whoever has this sheet and the vault can read everything in it. Without this key and without the
server, nobody can. Keep it on paper, away from the vault.

Qui détient cette feuille et le coffre peut tout lire. Sans cette clé et sans le serveur, personne
ne le peut. Gardez-la sur papier, loin du coffre.

WITHOUT COFFRE / SANS COFFRE   (restic 0.14 or newer / ou plus récent)

  restic -r ${location} snapshots
  restic -r ${location} restore latest --target DIR

  Password / mot de passe: the recovery key, dashes included / la clé, tirets compris.

WITH COFFRE, WITHOUT THE SERVER / AVEC COFFRE, SANS LE SERVEUR

  ./coffre repo restore latest --target DIR --repo ${location} --password-file FILE

KEY FILE / FICHIER DE CLÉ   (if keys/ of the vault is lost: store this text there under this name /
                             si keys/ est perdu : y déposer ce texte sous ce nom)

  keys/${keyFile.name}

${keyFile.content}
`
}
