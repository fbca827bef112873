import type { ArchiveItem, ArchiveMetadata, BlobReader, StoredEntry } from '@coffre/repository'
import { dayDocumentName, type HourSummary, summarise } from './day-document.ts'
import type { ChangedHour, DayDraft } from './day-draft.ts'
import type { FileCursor, NextFile } from './file-cursor.ts'
import { hourName } from './hour-clock.ts'
import type { FoldedFile } from './hour-index.ts'
import { encodeHourIndex, hourIndexName } from './hour-index.ts'

/** What the items of a day are made of. */
export interface DayParts {
  readonly draft: DayDraft
  readonly cursor: FileCursor
  readonly reader: BlobReader
  /** The hour of a file that comes next. */
  hourOf(file: NextFile): number
  /** Told of each file that the cursor gave. */
  taken(file: FoldedFile): void
  /** The document of the day, asked for when all files have come. */
  document(hours: readonly HourSummary[]): Promise<Uint8Array>
}

type Item = ArchiveItem | StoredEntry

const folderMode = 0o700
const fileMode = 0o600

/** The entries of a day's point: a folder for each hour, and last what they all are. */
export async function* dayItems(parts: DayParts, dayEndMs: number, signal: AbortSignal): AsyncGenerator<Item> {
  const { draft, cursor } = parts
  const summaries: HourSummary[] = []
  const done = new Set<number>()
  for (;;) {
    const file = await cursor.peek()
    const planned = [...draft.hours.keys()].filter((hourMs) => !done.has(hourMs))
    const fileHour = file === undefined ? Number.POSITIVE_INFINITY : parts.hourOf(file)
    const hourMs = Math.min(...planned, fileHour)
    if (hourMs >= dayEndMs) break
    const hour = draft.hours.get(hourMs)
    if (hour?.kind === 'kept' && fileHour !== hourMs) {
      summaries.push(hour.summary)
      yield { kind: 'stored', path: hourName(hourMs), node: hour.node }
    } else {
      const changed = await draft.change(hourMs, parts.reader, signal)
      yield* hourItems(parts, hourMs, changed)
      summaries.push(summarise(hourName(hourMs), changed.index))
    }
    done.add(hourMs)
  }
  yield fileItem(dayDocumentName, draft.dayMs, 0o644, await parts.document(summaries))
}

async function* hourItems(parts: DayParts, hourMs: number, hour: ChangedHour): AsyncGenerator<Item> {
  const folder = hourName(hourMs)
  yield { kind: 'folder', path: folder, metadata: metadataOf(hourMs, folderMode) }
  const names = new Set<string>()
  const files: FoldedFile[] = []
  const documents = new Set(hour.index.documents)
  for (let next = await parts.cursor.peek(); next !== undefined; next = await parts.cursor.peek()) {
    if (parts.hourOf(next) !== hourMs) break
    for (const document of next.documents) {
      documents.add(document.name)
      if (names.has(document.name)) continue
      names.add(document.name)
      yield fileItem(`${folder}/${document.name}`, hourMs, fileMode, document.content)
    }
    const { name, cut, expectedBytes, content } = next.log
    const expected = expectedBytes === undefined ? {} : { expectedBytes }
    names.add(name)
    yield { kind: 'file', path: `${folder}/${name}`, metadata: metadataOf(hourMs, fileMode), cut, content, ...expected }
    const file = parts.cursor.take()
    files.push(file)
    parts.taken(file)
  }
  for (const [name, node] of hour.nodes) if (!names.has(name)) yield { kind: 'stored', path: `${folder}/${name}`, node }
  hour.index = { ...hour.index, files: [...hour.index.files, ...files], documents: [...documents] }
  yield fileItem(`${folder}/${hourIndexName}`, hourMs, fileMode, encodeHourIndex(hour.index))
}

function fileItem(path: string, modifiedMs: number, mode: number, content: Uint8Array): ArchiveItem {
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    yield content
  }
  return {
    kind: 'file',
    path,
    metadata: metadataOf(modifiedMs, mode),
    cut: 'content',
    expectedBytes: content.byteLength,
    content: chunks(),
  }
}

/** Not of when it is folded: the same log folded again is the same tree. */
function metadataOf(modifiedMs: number, mode: number): ArchiveMetadata {
  return { mode, modifiedMs }
}
