import type { TargetServer } from './target-server.ts'

/** Makes the schemas that are missing, and takes them away again when the work fails. */
export async function withSchemas(
  target: TargetServer,
  database: string,
  schemas: readonly string[],
  work: () => Promise<void>,
): Promise<void> {
  const made: string[] = []
  try {
    for (const schema of schemas) if (await target.makeSchema(database, schema)) made.push(schema)
    await work()
  } catch (error) {
    // A server that is gone keeps them, empty.
    for (const schema of made) await target.dropSchema(database, schema).catch(() => undefined)
    throw error
  }
}
