import { type JsonObject, parseJsonObject } from '../format/json-fields.ts'
import { decodeUnpacked, encodeUnpacked } from '../repository/cleartext.ts'
import type { Repository } from '../repository/repository.ts'

/** Compressed as in format 2, also in repositories of format 1: stock restic never reads these files. */
const cleartextVersion = 2

/** What is Coffre's own below `coffre/`: JSON, compressed and sealed like restic's index and snapshot files. */
export function sealDocument(repository: Repository, document: string, fields: JsonObject): Buffer {
  const json = Buffer.from(JSON.stringify({ coffre: 1, document, repository: repository.config.id, ...fields }))
  return repository.workbench.seal(encodeUnpacked(json, cleartextVersion, repository.workbench))
}

/**
 * The fields of a document, or undefined when these bytes are not such a document of this repository. The MAC covers the content
 * and not the file's name, so the content has to say what it is.
 */
export function openDocument(repository: Repository, document: string, sealed: Uint8Array): JsonObject | undefined {
  const content = repository.workbench.open(sealed)
  if (content === undefined) return undefined
  const what = `a ${document} document of Coffre`
  const fields = parseJsonObject(decodeUnpacked(content, what, repository.workbench), what)
  return fields['document'] === document && fields['repository'] === repository.config.id ? fields : undefined
}
