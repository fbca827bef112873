import { isAbsolute, normalize } from 'node:path'
import { CoffreError } from '@coffre/foundation'
import { engineNamed, type SourceEngines } from '../sources/source-engines.ts'
import type { JobRequest } from './job-request.ts'

/** Where a restore goes, as it was asked for. */
export interface RestoreTargetOrder {
  readonly to: string | undefined
  readonly into?: RunningEngine | undefined
  readonly parts?: readonly string[] | undefined
}

/** Of the engine that the source is of. */
export interface RunningEngine {
  readonly config: Readonly<Record<string, unknown>>
  readonly secrets?: Readonly<Record<string, unknown>> | undefined
}

/** Whose secret a secret of a restore is. */
export const restoreSecret = 'restore'

type RequestedTarget = Pick<JobRequest<'RESTORE'>, 'to' | 'into' | 'parts'>

/** The target as a job is asked for it, without its secrets. `usage.invalid` for what the engine cannot do. */
export function restoreTarget({ to, into, parts }: RestoreTargetOrder, engine: string, engines: SourceEngines): RequestedTarget {
  if ((to === undefined) === (into === undefined)) {
    throw new CoffreError('usage.invalid', 'a restore goes either to a folder or into a running engine', {
      hint: 'Name one of both.',
    })
  }
  const kind = into === undefined ? 'folder' : 'engine'
  const found = engineNamed(engines, engine)
  // A tree takes paths as parts.
  const abilities = found.kind === 'tree' ? { restoresTo: ['folder'], restoresPartsTo: ['folder'] } : found.connector.abilities
  if (!abilities.restoresTo.includes(kind)) {
    throw new CoffreError('usage.invalid', `a point of ${engine} is not restored into a running engine`, {
      hint: 'Name a folder with `--to`.',
    })
  }
  if (parts !== undefined && !abilities.restoresPartsTo.includes(kind)) {
    throw new CoffreError('usage.invalid', `of a point of ${engine} no parts alone are restored to a folder`, {
      hint: 'Name a running engine that takes them with `--into`.',
    })
  }
  const some = parts === undefined ? {} : { parts: [...parts] }
  if (to !== undefined) return { to: absolute(to), ...some }
  if (found.kind === 'items' && into !== undefined) {
    found.connector.parseConfig(into.config)
    found.connector.parseSecrets(into.secrets ?? {})
    return { into: { config: into.config }, ...some }
  }
  throw new Error('a tree is restored into an engine')
}

function absolute(to: string): string {
  if (isAbsolute(to)) return normalize(to)
  throw new CoffreError('usage.invalid', `the target ${to} is not absolute`, {
    hint: 'The worker may run in another folder than you: give the whole path.',
  })
}
