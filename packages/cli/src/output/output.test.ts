import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Output, type OutputOptions } from './output.ts'
import { Sink, type Stream } from './sink.ts'

class Recorder implements Stream {
  readonly isTTY: boolean
  readonly columns = 20
  text = ''

  constructor(isTTY: boolean) {
    this.isTTY = isTTY
  }

  write(data: Uint8Array, done: (error?: Error | null) => void): boolean {
    this.text += Buffer.from(data).toString('latin1')
    done()
    return true
  }

  on(): void {
    // Nothing ever goes wrong here.
  }
}

function recorded(options: Partial<OutputOptions>, isTTY = false) {
  const [results, notes] = [new Recorder(isTTY), new Recorder(isTTY)]
  const sinkOf = (stream: Stream): Sink => new Sink(stream, () => undefined)
  const output = new Output(sinkOf(results), sinkOf(notes), { json: false, verbosity: 1, progressEveryMs: undefined, ...options })
  return { output, results, notes }
}

test('results and notes go to streams of their own, by verbosity', async () => {
  const { output, results, notes } = recorded({})
  output.print('result')
  output.summarize('summary')
  output.note('usual')
  output.note('detail', 2)
  output.warn('warning')
  await output.flush()
  assert.deepEqual([results.text, notes.text], ['result\nsummary\n', 'usual\nwarning\n'])
})

test('quiet leaves results and warnings', async () => {
  const { output, results, notes } = recorded({ verbosity: 0 })
  output.print('result')
  output.summarize('summary')
  output.note('usual')
  output.warn('warning')
  await output.flush()
  assert.deepEqual([results.text, notes.text], ['result\n', 'warning\n'])
})

test('JSON leaves notes out, and makes warnings messages', async () => {
  const { output, results, notes } = recorded({ json: true })
  output.printJson({ message_type: 'summary' })
  output.summarize('summary')
  output.note('usual')
  output.warn('warning')
  await output.flush()
  assert.equal(results.text, '{"message_type":"summary"}\n')
  assert.equal(notes.text, '{"message_type":"error","message":"warning"}\n')
})

test('names of any bytes come out as they are, but on a terminal', async () => {
  const plain = recorded({})
  plain.output.print('/odd\udcff\u001b[2J')
  await plain.output.flush()
  assert.equal(plain.results.text, '/odd\xff\u001b[2J\n')
  const terminal = recorded({}, true)
  terminal.output.print('/odd\udcff\u001b[2J')
  await terminal.output.flush()
  assert.equal(terminal.results.text, '/odd\\xff\\x1b[2J\n')
})

test('progress is one line on a terminal, as wide as it, and gone at the end', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const { output, notes } = recorded({ progressEveryMs: 100 }, true)
  let done = 0
  const hide = output.showProgress({ line: () => `${done++} of a very long line indeed` })
  t.mock.timers.tick(200)
  output.note('in between')
  t.mock.timers.tick(100)
  hide()
  t.mock.timers.tick(1000)
  await output.flush()
  const erase = '\r\u001b[2K'
  const line = (number: number): string => `${erase}${number} of a very long li`
  assert.equal(notes.text, `${line(0)}${line(1)}${erase}in between\n${line(2)}${erase}`)
})

test('progress with --json is lines of the results', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const { output, results, notes } = recorded({ json: true, progressEveryMs: 100 })
  const hide = output.showProgress({ line: () => 'never', json: () => ({ message_type: 'status' }) })
  t.mock.timers.tick(250)
  hide()
  await output.flush()
  assert.deepEqual([results.text, notes.text], ['{"message_type":"status"}\n{"message_type":"status"}\n', ''])
})
