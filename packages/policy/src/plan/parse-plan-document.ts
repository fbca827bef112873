import { CoffreError } from '@coffre/foundation'
import { DocumentReader } from '../document/document-reader.ts'
import { type PolicyFinding, refuseErrors } from '../document/policy-finding.ts'
import { readAtlasPolicy } from './atlas-policy.ts'
import { readAwsPlan } from './aws-plan.ts'
import { readOwnPlan } from './own-plan.ts'
import type { PlanDefaults, PlanDocument, PlanReading, PlanShape } from './plan-document.ts'

/** Fields by which the shape of a document is told. */
const fieldsOfShape: Readonly<Record<Exclude<PlanShape, 'coffre'>, readonly string[]>> = {
  aws: ['BackupPlan', 'BackupPlanName', 'Rules'],
  atlas: ['policies', 'referenceHourOfDay', 'referenceMinuteOfHour', 'restoreWindowDays', 'copySettings'],
}

/**
 * Reads a plan, given as JSON text or as its value, in Coffre's own shape, that of AWS Backup or that of an Atlas backup policy. Throws
 * `policy.plan-invalid` with every error, by JSON pointer.
 */
export function parsePlanDocument(given: unknown, defaults: PlanDefaults = {}): PlanDocument {
  const document = typeof given === 'string' ? parseJson(given) : given
  const findings: PolicyFinding[] = []
  const reader = DocumentReader.open(document, '', findings)
  const shape = reader === undefined ? 'coffre' : shapeOf(reader)
  const reading = reader === undefined ? undefined : readShape(shape, reader, defaults)
  refuseErrors('policy.plan-invalid', 'the plan cannot be used', findings)
  if (reading === undefined) throw new Error('a plan without errors was not read')
  return { shape, ...reading, findings, document }
}

function shapeOf(reader: DocumentReader): PlanShape {
  const fields = reader.fields()
  if (fields.some((field) => fieldsOfShape.aws.includes(field))) return 'aws'
  return fields.some((field) => fieldsOfShape.atlas.includes(field)) ? 'atlas' : 'coffre'
}

function readShape(shape: PlanShape, reader: DocumentReader, defaults: PlanDefaults): PlanReading {
  switch (shape) {
    case 'aws':
      return readAwsPlan(reader)
    case 'atlas':
      return readAtlasPolicy(reader, defaults)
    case 'coffre':
      return readOwnPlan(reader)
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new CoffreError('policy.plan-invalid', `the plan is no JSON: ${reason}`, {
      hint: 'Give a document of Coffre, AWS Backup or Atlas, as JSON.',
      cause: error,
    })
  }
}
