import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import type { ByteString } from '@coffre/foundation'
import type { TreeOperation } from './tree-operation.ts'

/** What a backup has to bring back of one entry, by the name of the property. */
export type EntryDescription = Readonly<Record<string, string | number | readonly string[]>>

/** Every entry below a folder by its path there; the folder itself is ''. */
export type TreeDescription = ReadonlyMap<ByteString, EntryDescription>

interface Answer {
  readonly error?: string
  readonly entries?: Readonly<Record<ByteString, EntryDescription>>
}

/**
 * Makes and reads file trees beside Coffre: a Python process, which can do all that Linux can, and does not repeat the mistakes of
 * Coffre's own file access. Requests are answered in order.
 */
export class TreeProcess implements AsyncDisposable {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>
  readonly #waiting: { readonly resolve: (answer: Answer) => void; readonly reject: (error: Error) => void }[] = []

  constructor() {
    this.#child = spawn('python3', ['-I', join(import.meta.dirname, 'tree-process.py')], { stdio: ['pipe', 'pipe', 'inherit'] })
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#waiting.shift()?.resolve(JSON.parse(line) as Answer))
    const fail = (error: Error): void => {
      for (const { reject } of this.#waiting.splice(0)) reject(error)
    }
    this.#child.on('error', fail)
    this.#child.on('exit', (code) => fail(new Error(`the Python process ended with ${code}`)))
  }

  /** Carries the operations out one after the other; the first failure ends it. */
  async change(operations: readonly TreeOperation[]): Promise<void> {
    await this.#ask({ change: operations })
  }

  async describe(folder: ByteString): Promise<TreeDescription> {
    const { entries = {} } = await this.#ask({ describe: folder })
    return new Map(Object.entries(entries))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.stdin.end()
    await ended
  }

  async #ask(request: object): Promise<Answer> {
    const answer = await new Promise<Answer>((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      this.#child.stdin.write(`${JSON.stringify(request)}\n`)
    })
    if (answer.error !== undefined) throw new Error(answer.error)
    return answer
  }
}
