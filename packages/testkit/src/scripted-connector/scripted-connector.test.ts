import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RestoreReport } from '@coffre/connector'
import { connectorContract } from '../connector-contract/connector-contract.ts'
import type { ConnectorSubject } from '../connector-contract/connector-subject.ts'
import { FakeClock } from '../fake-clock.ts'
import { SeededRandom } from '../seeded-random.ts'
import { ScriptedConnector } from './scripted-connector.ts'
import { ScriptedEngine, type ScriptedEngineOptions } from './scripted-engine.ts'

const password = 'correct horse'

async function subject(options: Partial<ScriptedEngineOptions>): Promise<ConnectorSubject> {
  const clock = new FakeClock()
  const engine = new ScriptedEngine({
    name: 'shop',
    password,
    clock,
    files: { 'shop/orders': 'orders', 'shop/items': new Uint8Array(50_000).fill(7), 'users': 'users', 'shop-archive/old/2025': '' },
    ...options,
  })
  // Whatever is changed from now on is there already.
  engine.changeSome(7)
  const down = new ScriptedEngine({ ...options, name: 'down', password, clock })
  down.isDown = true
  const describeFiles = (files: Iterable<readonly [string, Uint8Array]>): unknown =>
    Object.fromEntries([...files].map(([path, content]) => [path, Buffer.from(content).toString('base64')]))
  return {
    connector: new ScriptedConnector(engine, down),
    context: { clock, random: new SeededRandom(1) },
    source: { config: { server: 'shop' }, secrets: { password } },
    sameSource: [{ server: 'SHOP' }, { server: ' shop ' }],
    otherSources: [{ server: 'down' }, { server: 'shop2' }],
    wrongConfigs: [
      [{}, 'server'],
      [{ server: 5 }, 'server'],
      [{ server: 'a b' }, 'server'],
      [{ server: 'shop', password }, 'password'],
    ],
    wrongSecrets: [{}, { password: '' }, { password: 5 }],
    unreachable: { config: { server: 'down' }, secrets: { password } },
    refused: { config: { server: 'shop' }, secrets: { password: 'wrong staple' } },
    secretTexts: [password, 'wrong staple'],
    change: async () => void engine.changeSome(2),
    describe: async () => describeFiles(engine.files),
    describeRestored: async (report) => describeFiles(await filesBelow(folderOf(report))),
    plantDifference: (report) => writeFile(join(folderOf(report), 'users'), 'other users'),
    async passTime(ms) {
      clock.advance(ms)
      await new Promise((resolve) => setImmediate(resolve))
    },
    held: async () => engine.held.connections + engine.held.snapshots + engine.held.captures + down.held.connections,
    ...(engine.keepsLog
      ? { discardLog: async () => engine.recycle(engine.head), failOver: async () => void engine.failOver(1) }
      : {}),
    async [Symbol.asyncDispose]() {},
  }
}

function folderOf({ target }: RestoreReport): string {
  if (target.kind === 'folder') return target.path
  throw new Error('it was not restored into a folder')
}

async function filesBelow(folder: string): Promise<[string, Uint8Array][]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return Promise.all(
    paths.map(async (path): Promise<[string, Uint8Array]> => [path.slice(folder.length + 1), await readFile(path)]),
  )
}

connectorContract('the scripted connector', () => subject({}))
connectorContract('the scripted connector without a log', () => subject({ keepsLog: false }))
connectorContract('the scripted connector with small pieces of log', () => subject({ logPieceBytes: 1 }))
