import { splitStatements } from './split-statements.ts'

/** What has to be said to a server so that the roles of another one are on it. */
export interface RolesPlan {
  /** Of the source, all of them. */
  readonly roles: readonly string[]
  readonly missing: readonly string[]
  /** About missing roles only: those that are there stay as they are. */
  readonly statements: readonly string[]
  /** Tablespaces are not made: their folders are the source's. */
  readonly hasTablespaces: boolean
}

const name = `("(?:[^"]|"")*"|[\\w$]+)`
const created = new RegExp(`^CREATE ROLE ${name}$`)
const about = new RegExp(`^(?:CREATE ROLE|ALTER ROLE|COMMENT ON ROLE|SECURITY LABEL FOR \\S+ ON ROLE) ${name}`)
/** The database may not be there. */
const inDatabase = new RegExp(`^ALTER ROLE ${name} IN DATABASE `)
const membership = new RegExp(`^GRANT ${name} TO ${name}((?: WITH [A-Z, ]+)?)(?: GRANTED BY ${name})?$`)

/** Reads the script of pg_dumpall for a server that has roles of its own. Pure. */
export function planRoles(script: string, present: ReadonlySet<string>): RolesPlan {
  const all = splitStatements(script)
  const roles = all.flatMap((statement) => nameIn(created.exec(statement)?.[1]))
  const missing = roles.filter((role) => !present.has(role))
  const isMissing = (quoted: string | undefined): boolean => nameIn(quoted).some((role) => missing.includes(role))
  const statements = all.flatMap((statement) => {
    const [, group, member, options = ''] = membership.exec(statement) ?? []
    // Whoever granted it there need not have the right here.
    if (group !== undefined) return isMissing(member) ? [`GRANT ${group} TO ${member}${options}`] : []
    return isMissing(about.exec(statement)?.[1]) && !inDatabase.test(statement) ? [statement] : []
  })
  return { roles, missing, statements, hasTablespaces: all.some((statement) => statement.startsWith('CREATE TABLESPACE')) }
}

function nameIn(quoted: string | undefined): readonly string[] {
  if (quoted === undefined) return []
  return [quoted.startsWith('"') ? quoted.slice(1, -1).replaceAll('""', '"') : quoted]
}
