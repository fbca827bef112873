/** What whoever composes Coffre tells the connector of the machine that it runs on. */
export interface PostgresqlSettings {
  /** Folders with the programs of a major version, looked at before the usual places. */
  readonly engineFolders?: Readonly<Record<number, string>>
  /** The PATH, with `:` between folders. */
  readonly searchPath?: string
  /** The account that runs engines when we are root; `postgres` unless given, and `nobody` where there is none. */
  readonly engineAccount?: string
  /** Where there is room for the whole cluster while parts of it are restored; the system's folder for temporary files unless given. */
  readonly scratchFolder?: string
}
