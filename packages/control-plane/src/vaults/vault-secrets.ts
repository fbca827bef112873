/** Whose secret a secret of a vault is. */
export const vaultSecrets = { key: 'vault key', writer: 'vault writer', keeper: 'vault keeper' } as const
