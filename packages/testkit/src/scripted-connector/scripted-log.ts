import type { Branch, Position } from '@coffre/connector'

/** Files by path; what a scripted engine holds. */
export type ScriptedFiles = ReadonlyMap<string, Uint8Array>

/** One change of the data: a file that has another content from now on, or is gone. Numbers count from 1 and are never used twice. */
export interface ScriptedChange {
  readonly number: number
  /** By the engine's clock. */
  readonly atMs: number
  readonly path: string
  /** The content in base64; null when the file goes. */
  readonly content: string | null
}

/** A piece of log, or the branch that goes on where it ends. */
export type LogPiece =
  | { readonly through: Position; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly through: Position; readonly fork: Branch }

interface LogEntry {
  readonly change: ScriptedChange
  readonly end: number
  readonly line: Buffer
}

interface LogBranch {
  readonly id: string
  readonly parent: { readonly branch: LogBranch; readonly fork: number } | undefined
  readonly entries: LogEntry[]
  end: number
  /** Set when another branch goes on from here; nothing beyond it is handed out any more. */
  successor: LogBranch | undefined
  recycledThrough: number
}

/** The log of a scripted engine: one line of JSON for each change, offsets counted in bytes, branches as failovers make them. */
export class ScriptedLog {
  readonly #branches: LogBranch[] = [newBranch('1', undefined)]
  readonly #initial: ScriptedFiles

  constructor(initial: ScriptedFiles) {
    this.#initial = new Map(initial)
  }

  get head(): Position {
    return positionOf(this.#current, this.#current.end)
  }

  get branches(): readonly Branch[] {
    return this.#branches.map(describeBranch)
  }

  append(change: ScriptedChange): Position {
    const line = Buffer.from(`${JSON.stringify(change)}\n`)
    const branch = this.#current
    branch.end += line.length
    branch.entries.push({ change, line, end: branch.end })
    return this.head
  }

  /** Begins a branch that lacks the last `lostChanges` of this one. */
  fork(lostChanges: number): Branch {
    const parent = this.#current
    const kept = parent.entries.length - lostChanges
    const fork = kept <= 0 ? (parent.parent?.fork ?? 0) : (parent.entries[kept - 1]?.end ?? 0)
    const branch = newBranch(String(this.#branches.length + 1), { branch: parent, fork })
    parent.successor = branch
    this.#branches.push(branch)
    return describeBranch(branch)
  }

  /** Throws away the log through a position, on all branches before it too. */
  recycle(through: Position): void {
    for (const branch of this.#branches) {
      const isLast = branch.id === through.branch
      branch.recycledThrough = Math.max(branch.recycledThrough, isLast ? parseOffset(through.offset) : branch.end)
      if (isLast) return
    }
  }

  /** Whether the log from just after the position on is still there. */
  has(after: Position): boolean {
    const branch = this.#find(after.branch)
    const offset = parseOffset(after.offset)
    return branch !== undefined && offset >= branch.recycledThrough && offset <= branch.end && offset >= beginOf(branch)
  }

  /** What follows a position that `has` is true of: some lines, the next branch, or undefined at the end of the log. */
  read(after: Position, bytesMax: number): LogPiece | undefined {
    const branch = this.#find(after.branch)
    if (branch === undefined) return undefined
    const { successor } = branch
    const end = successor?.parent?.fork ?? branch.end
    const offset = parseOffset(after.offset)
    const lines: Buffer[] = []
    let through = offset
    for (const entry of branch.entries) {
      if (entry.end <= offset) continue
      if (entry.end > end || (lines.length > 0 && entry.end - offset > bytesMax)) break
      lines.push(entry.line.subarray(Math.max(0, entry.line.length - (entry.end - offset))))
      through = entry.end
    }
    if (lines.length > 0) return { through: positionOf(branch, through), bytes: Uint8Array.from(Buffer.concat(lines)) }
    return successor === undefined ? undefined : { through: positionOf(successor, end), fork: describeBranch(successor) }
  }

  /** The data as it stood at a position, from the changes alone. */
  stateAt(position: Position): Map<string, Uint8Array> {
    const files = new Map(this.#initial)
    for (const change of this.changesThrough(position)) applyChange(files, change)
    return files
  }

  /** Every change on the way to a position, from the first one on. */
  changesThrough(position: Position): ScriptedChange[] {
    const branch = this.#find(position.branch)
    if (branch === undefined) throw new Error(`there is no branch ${position.branch}`)
    const { parent } = branch
    const before = parent === undefined ? [] : this.changesThrough(positionOf(parent.branch, parent.fork))
    const offset = parseOffset(position.offset)
    return [...before, ...branch.entries.filter(({ end }) => end <= offset).map(({ change }) => change)]
  }

  get #current(): LogBranch {
    const branch = this.#branches.at(-1)
    if (branch === undefined) throw new Error('a log has a branch')
    return branch
  }

  #find(id: string): LogBranch | undefined {
    return this.#branches.find((branch) => branch.id === id)
  }
}

/** Applies captured log to files, as somebody who knows nothing but the bytes. */
export function replayScriptedLog(files: Map<string, Uint8Array>, bytes: Uint8Array): void {
  for (const line of Buffer.from(bytes).toString().split('\n')) {
    if (line !== '') applyChange(files, JSON.parse(line) as ScriptedChange)
  }
}

function applyChange(files: Map<string, Uint8Array>, { path, content }: ScriptedChange): void {
  if (content === null) files.delete(path)
  else files.set(path, Buffer.from(content, 'base64'))
}

function newBranch(id: string, parent: LogBranch['parent']): LogBranch {
  const begin = parent?.fork ?? 0
  return { id, parent, entries: [], end: begin, successor: undefined, recycledThrough: 0 }
}

function beginOf(branch: LogBranch): number {
  return branch.parent?.fork ?? 0
}

function describeBranch({ id, parent }: LogBranch): Branch {
  return parent === undefined ? { id } : { id, parent: { id: parent.branch.id, forkOffset: formatOffset(parent.fork) } }
}

function positionOf(branch: LogBranch, offset: number): Position {
  return { branch: branch.id, offset: formatOffset(offset) }
}

/** As many digits for each, so that the order of the strings is that of the numbers. */
function formatOffset(offset: number): string {
  return offset.toString(16).padStart(12, '0')
}

function parseOffset(offset: string): number {
  return /^[0-9a-f]{12}$/.test(offset) ? Number.parseInt(offset, 16) : Number.NaN
}
