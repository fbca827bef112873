import {
  checkSource as checkOperation,
  createSource as createOperation,
  deleteSource as deleteOperation,
  getSource as getOperation,
  listSources as listOperation,
  updateSource as updateOperation,
} from '@coffre/api-contract'
import { CoffreError } from '@coffre/foundation'
import { objectMissing } from '../catalogue/object-missing.ts'
import { defineHandler, type Handler } from '../http/api-call.ts'
import { pageOfRows, readCursor } from '../http/page-cursor.ts'
import { createSource, look, type SourceParts, sourceSecret } from './create-source.ts'
import { deleteSource } from './delete-source.ts'
import { engineNamed } from './source-engines.ts'
import { findSource, findSourceRow, listSources, type SourceFilter } from './source-view.ts'
import { updateSource } from './update-source.ts'

/** Answers everything below /sources but backups and restores. */
export function sourceHandlers(parts: SourceParts): readonly Handler[] {
  const { catalogue } = parts
  const found = async (projectId: string, idOrName: string) => {
    const source = await findSource(catalogue, projectId, idOrName)
    if (source === undefined) throw objectMissing('source', idOrName)
    return source
  }
  return [
    defineHandler(createOperation, async ({ projectId, body, audit, signal }) => {
      const { secrets, tier, environment, region, resourceArn, ...rest } = body
      const request = { ...rest, projectId, secrets, tier, environment, region, resourceArn }
      return found(projectId, await createSource(parts, request, audit, signal))
    }),
    defineHandler(listOperation, async ({ projectId, query }) => {
      const { after, limit, engine, tag, search } = query
      const [name] = readCursor(after, ['text']) ?? []
      const filter: SourceFilter = {
        ...(engine === undefined ? {} : { engine }),
        ...(tag === undefined ? {} : { tag: parseTag(tag) }),
        ...(search === undefined ? {} : { search }),
      }
      const rows = await listSources(catalogue, projectId, filter, {
        limit: limit + 1,
        ...(name === undefined ? {} : { after: name }),
      })
      return pageOfRows(rows, limit, { keyOf: (source) => [source.name], itemOf: (source) => source })
    }),
    defineHandler(getOperation, ({ projectId, params }) => found(projectId, params.source)),
    defineHandler(checkOperation, async ({ projectId, params, signal }) => {
      await checkAgain(parts, projectId, params.source, signal)
      return found(projectId, params.source)
    }),
    defineHandler(updateOperation, async ({ projectId, params, body, audit, signal }) => {
      const { config, secrets, acceptFindings } = body
      const { id } = await found(projectId, params.source)
      await updateSource(parts, { projectId, idOrName: id }, { config, secrets, acceptFindings }, audit, signal)
      return found(projectId, id)
    }),
    defineHandler(deleteOperation, async ({ projectId, params, audit, signal }) => ({
      findings: [...(await deleteSource(parts, projectId, params.source, audit, signal))],
    })),
  ]
}

/** Looks at the source again and keeps what was found. */
async function checkAgain(parts: SourceParts, projectId: string, idOrName: string, signal: AbortSignal): Promise<void> {
  const { catalogue, context } = parts
  const row = await findSourceRow(catalogue, projectId, idOrName)
  if (row === undefined) throw objectMissing('source', idOrName)
  const engine = engineNamed(parts.engines, row.engine)
  const secrets =
    row.secretId === null ? undefined : JSON.parse((await parts.secrets.get(row.secretId, sourceSecret)).toString('utf8'))
  const findings = await look(engine, engine.connector.parseConfig(row.config), secrets, context, signal)
  const state = findings.some(({ severity }) => severity === 'error') ? 'UNREACHABLE' : 'READY'
  await catalogue
    .updateTable('source')
    .set({ findings: JSON.stringify(findings), state, checkedAt: new Date(context.clock.nowMs()) })
    .where('id', '=', row.id)
    .execute()
}

function parseTag(text: string): { readonly key: string; readonly value: string } {
  const at = text.indexOf('=')
  if (at > 0) return { key: text.slice(0, at), value: text.slice(at + 1) }
  throw new CoffreError('request.invalid', `${JSON.stringify(text)} is no tag`, { hint: 'Give `key=value`.' })
}
