import type { Connector, ConnectorAbilities, Finding, RestoreReport, RestoreRequest, Source, StoredPoint } from '@coffre/connector'
import { CoffreError, type Context, isCoffreError } from '@coffre/foundation'
import type { ScriptedEngine } from './scripted-engine.ts'
import { restoreScripted, verifyScripted } from './scripted-restore.ts'
import { ScriptedSource } from './scripted-source.ts'

export interface ScriptedConfig {
  /** The name of an engine. */
  readonly server: string
}

export interface ScriptedSecrets {
  readonly password: string
}

/** The connector of engines that tests script. It knows those that it is given, by name. */
export class ScriptedConnector implements Connector<ScriptedConfig, ScriptedSecrets> {
  readonly engine = 'scripted'
  readonly abilities: ConnectorAbilities
  readonly #engines: ReadonlyMap<string, ScriptedEngine>

  constructor(...engines: readonly ScriptedEngine[]) {
    this.#engines = new Map(engines.map((engine) => [engine.name, engine]))
    this.abilities = {
      isContinuous: engines.every(({ keepsLog }) => keepsLog),
      isConsistent: true,
      restoresPartsTo: ['folder', 'engine'],
      restoresTo: ['folder', 'engine'],
    }
  }

  parseConfig(input: unknown): ScriptedConfig {
    const { server, ...others } = fieldsOf(input, 'the configuration')
    const [stranger] = Object.keys(others)
    if (stranger !== undefined) throw invalid(`there is no field ${stranger}`)
    if (typeof server !== 'string' || !/^\s*[a-z0-9-]+\s*$/i.test(server))
      throw invalid('the field server is not the name of an engine')
    return { server: server.trim().toLowerCase() }
  }

  parseSecrets(input: unknown): ScriptedSecrets {
    const { password } = fieldsOf(input, 'the secrets')
    if (typeof password !== 'string' || password === '') throw invalid('the field password is missing')
    return { password }
  }

  identify({ server }: ScriptedConfig): string {
    return `scripted:${server}`
  }

  async check(config: ScriptedConfig, secrets: ScriptedSecrets, context: Context, signal: AbortSignal): Promise<Finding[]> {
    try {
      await using _source = await this.#connect('check', config, secrets, context, signal)
      const { keepsLog } = this.#engineOf(config)
      if (keepsLog) return []
      return [
        { severity: 'warning', code: 'scripted.no-log', message: `${config.server} keeps no log`, remedy: 'Turn its log on.' },
      ]
    } catch (error) {
      if (!isCoffreError(error, 'source.unreachable', 'source.credentials')) throw error
      const remedy = error.hint === undefined ? {} : { remedy: error.hint }
      return [{ severity: 'error', code: error.code.replace('source', 'scripted'), message: error.message, ...remedy }]
    }
  }

  open(config: ScriptedConfig, secrets: ScriptedSecrets, context: Context, signal: AbortSignal): Promise<Source> {
    return this.#connect('open', config, secrets, context, signal)
  }

  async restore(point: StoredPoint, request: RestoreRequest, context: Context, signal: AbortSignal): Promise<RestoreReport> {
    return restoreScripted(point, request, (config, secrets) => this.#target(config, secrets), context, signal)
  }

  async verify(point: StoredPoint, restored: RestoreReport, context: Context, signal: AbortSignal): Promise<Finding[]> {
    return verifyScripted(point, restored, (config, secrets) => this.#target(config, secrets), context, signal)
  }

  async #connect(
    step: 'check' | 'open',
    config: ScriptedConfig,
    secrets: ScriptedSecrets,
    context: Context,
    signal: AbortSignal,
  ): Promise<ScriptedSource> {
    const engine = this.#engineOf(config)
    const connection = engine.connect(secrets.password)
    try {
      await engine.faults.meet(step, context.clock, AbortSignal.any([signal, connection.signal]))
      return new ScriptedSource(engine, context, connection)
    } catch (error) {
      engine.disconnect(connection)
      throw error
    }
  }

  #engineOf({ server }: ScriptedConfig): ScriptedEngine {
    const engine = this.#engines.get(server)
    if (engine !== undefined) return engine
    throw new CoffreError('source.unreachable', `there is no scripted engine ${server}`)
  }

  /** An engine to be restored into, once it has let us in. */
  #target(config: unknown, secrets: unknown): ScriptedEngine {
    const engine = this.#engineOf(this.parseConfig(config))
    engine.disconnect(engine.connect(this.parseSecrets(secrets).password))
    return engine
  }
}

function fieldsOf(input: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof input === 'object' && input !== null && !Array.isArray(input)) return { ...input }
  throw invalid(`${what} is not an object`)
}

function invalid(problem: string): CoffreError {
  return new CoffreError('source.config-invalid', problem)
}
