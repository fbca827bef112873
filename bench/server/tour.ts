import { execFile, spawn } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'

export interface TourStep {
  readonly what: string
  readonly seconds: number
}

/** The README's tour in a fresh clone: from `git clone` to the first restored file. */
export async function measureTour(project: string, report: (line: string) => void): Promise<TourStep[]> {
  const folder = await mkdtemp(join(tmpdir(), 'coffre-bench-tour-'))
  await chmod(folder, 0o711)
  const clone = join(folder, 'coffre')
  const environment = { ...process.env, COFFRE_STATE: join(folder, 'state'), COFFRE_PORT: '0', COFFRE_DATABASE_URL: '' }
  const steps: TourStep[] = []
  const began = performance.now()
  let before = began
  const step = (what: string): void => {
    const now = performance.now()
    steps.push({ what, seconds: (now - before) / 1000 })
    report(`${what}: ${((now - before) / 1000).toFixed(1)} s`)
    before = now
  }
  const coffre = (...args: string[]) => promisify(execFile)(join(clone, 'coffre'), args, { cwd: folder, env: environment })
  await promisify(execFile)('git', ['clone', '--quiet', project, clone])
  const server = spawn('npm', ['start'], { cwd: clone, env: environment, stdio: 'ignore', detached: true })
  try {
    while (!(await isThere(join(folder, 'state/server.json')))) {
      if (server.exitCode !== null) throw new Error('npm start ended')
      await setTimeout(100)
    }
    step('clone, `npm start` with installation, until the server answers')
    await mkdir(join(folder, 'folder'))
    await writeFile(join(folder, 'folder/file'), 'a file')
    await coffre('vault', 'create', 'main')
    await coffre('protect', './folder', '--name', 'docs', '--vault', 'main', '--every', '6h', '--keep', '7d,4w,12m')
    step('vault and protection')
    await coffre('backup', 'docs', '--wait')
    step('first backup, with the start of a worker')
    await coffre('restore', 'docs', '--to', './out', '--wait')
    if (!(await isThere(join(folder, 'out/file')))) throw new Error('nothing was restored')
    step('restore')
    steps.push({ what: 'fresh clone to first restored file, in all', seconds: (performance.now() - began) / 1000 })
    return steps
  } finally {
    const ended = new Promise((resolve) => server.once('exit', resolve))
    if (server.pid !== undefined && server.exitCode === null) {
      process.kill(-server.pid, 'SIGINT')
      await ended
    }
    await rm(folder, { recursive: true, force: true })
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
