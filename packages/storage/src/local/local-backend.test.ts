import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { after } from 'node:test'
import { systemContext } from '@coffre/foundation'
import { backendContract, temporaryFolder } from '@coffre/testkit'
import { LocalBackend, type LocalOptions } from './local-backend.ts'

const folder = await temporaryFolder()
after(() => folder[Symbol.asyncDispose]())
let vaults = 0

function subjects(options: LocalOptions) {
  return async () => {
    const backend = new LocalBackend(join(folder.path, `${vaults++}`), systemContext, options)
    await backend.create(new AbortController().signal)
    const plant = async (path: string, bytes: Uint8Array): Promise<void> => {
      await mkdir(dirname(join(backend.location, path)), { recursive: true })
      await writeFile(join(backend.location, path), bytes)
    }
    return { backend, plant }
  }
}

backendContract('local storage', subjects({}))
backendContract('local storage without hard links', subjects({ hardLinks: false }))
