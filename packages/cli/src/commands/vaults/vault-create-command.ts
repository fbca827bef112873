import { open, rm } from 'node:fs/promises'
import { createVault } from '@coffre/api-contract'
import { type ByteString, bytesOf } from '@coffre/foundation'
import { s3CredentialsFrom } from '@coffre/storage'
import { defineServerCommand, type ServerCall } from '../../command.ts'
import { usageError } from '../../messages/command-line-error.ts'
import { onlyOperand } from '../../options/operands.ts'
import { choice, text } from '../../options/option.ts'
import { assignments } from '../../server/assignments.ts'
import { connect } from '../../server/connection.ts'
import { lockTermOptions, lockTerms } from '../../server/vault-lock-options.ts'
import { absolutePath } from '../../session/absolute-path.ts'
import { credentialsIn } from '../../session/credentials-file.ts'
import { variable } from '../../surroundings.ts'

const options = {
  at: text('at', 'location'),
  lock: choice('lock', ['governance', 'compliance']),
  ...lockTermOptions,
  classification: choice('classification', ['public', 'internal', 'confidential', 'restricted']),
  region: text('region', 'label'),
  writerCredentials: text('writer-credentials', 'file|profile'),
  keeperCredentials: text('keeper-credentials', 'file|profile'),
  tag: assignments('tag'),
  kit: text('kit', 'file'),
} as const

type CreateCall = ServerCall<typeof options>

export const vaultCreateCommand = defineServerCommand({
  options,
  operands: 'NAME',
  async run(call) {
    const { output, texts } = call
    const body = await bodyOf(call)
    await using kit = await KitFile.create(call.options.kit)
    const connection = await connect(call)
    const made = await connection.call(createVault, { params: {}, body })
    await kit.write(made.recoveryKit)
    if (output.json) {
      output.printJson(made)
      return
    }
    output.summarize(texts.say('vault.created', { name: made.vault.name, location: made.vault.location }))
    output.summarize('')
    output.summarize(texts.say('vault.recoveryKey'))
    output.print(made.recoveryKey)
    output.summarize('')
    output.note(texts.say('vault.keepKey'))
    if (call.options.kit !== undefined) output.note(texts.say('vault.kit', { path: call.options.kit }))
    if (made.vault.lock?.isEnforcedByStorage === false) output.warn(texts.say('vault.lockIsWord'))
  },
})

async function bodyOf(call: CreateCall) {
  const { at, region, classification, tag } = call.options
  const name = onlyOperand(call, 'NAME')
  const lock = lockOf(call.options)
  const location = at === undefined ? undefined : locationOf(at, call)
  const writerCredentials = await writerCredentialsOf(location, call)
  const keeperCredentials = await credentialsOf(call.options.keeperCredentials, call)
  return {
    name,
    tags: tag,
    ...(location === undefined ? {} : { location }),
    ...(region === undefined ? {} : { region }),
    ...(classification === undefined ? {} : { classification }),
    ...(lock === undefined ? {} : { lock }),
    ...(writerCredentials === undefined ? {} : { writerCredentials }),
    ...(keeperCredentials === undefined ? {} : { keeperCredentials }),
  }
}

function lockOf({ lock: mode, ...given }: CreateCall['options']) {
  const terms = lockTerms(given)
  if (mode !== undefined) return { mode, ...terms }
  const [term] = Object.keys(terms)
  if (term === undefined) return undefined
  const option = `--${term.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
  throw usageError('error.onlyWith', { option, other: '--lock' })
}

/** A folder is meant from where the user stands, who may stand elsewhere than the server does. */
function locationOf(given: ByteString, { surroundings }: CreateCall): string {
  if (given === '' || /^[a-z0-9]+:/.test(given)) return given
  return absolutePath(given, surroundings.workingFolder)
}

/** Those that were named, or for a bucket those that the AWS tools would take here, where there are any. */
async function writerCredentialsOf(location: string | undefined, call: CreateCall) {
  const given = call.options.writerCredentials
  if (given !== undefined || location?.startsWith('s3:') !== true) return credentialsOf(given, call)
  const { environment } = call.surroundings
  if (variable(environment, 'AWS_ACCESS_KEY_ID', 'AWS_PROFILE') === undefined) return undefined
  return (await s3CredentialsFrom(environment))()
}

/** From a file, or of a profile of the AWS tools. */
async function credentialsOf(given: ByteString | undefined, { surroundings }: CreateCall) {
  if (given === undefined) return undefined
  return (await credentialsIn(given)) ?? (await (await s3CredentialsFrom(surroundings.environment, given))())
}

/** The printable kit: made before the vault, as its key is shown once only, and taken away again when there is no vault. */
class KitFile implements AsyncDisposable {
  readonly #path: ByteString | undefined
  #isWritten = false

  private constructor(path: ByteString | undefined) {
    this.#path = path
  }

  static async create(path: ByteString | undefined): Promise<KitFile> {
    if (path === undefined) return new KitFile(undefined)
    try {
      await (await open(bytesOf(path), 'wx', 0o600)).close()
    } catch (error) {
      const problem = error instanceof Error && 'code' in error ? String(error.code) : String(error)
      throw usageError('error.unwritableFile', { path, option: '--kit', problem }, 'hint.newFile')
    }
    return new KitFile(path)
  }

  async write(text: string): Promise<void> {
    if (this.#path === undefined) return
    await using file = await open(bytesOf(this.#path), 'r+')
    this.#isWritten = true
    await file.writeFile(text)
    await file.sync()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#path !== undefined && !this.#isWritten) await rm(bytesOf(this.#path), { force: true })
  }
}
