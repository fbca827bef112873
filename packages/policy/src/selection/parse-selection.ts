import { DocumentReader, isObject } from '../document/document-reader.ts'
import { type PolicyFinding, refuseErrors } from '../document/policy-finding.ts'
import { type Selection, type TagCondition, type TagEquals, type TagOperator, tagOperators } from './selection.ts'

export interface SelectionDocument {
  readonly selection: Selection
  readonly findings: readonly PolicyFinding[]
  /** As it was given. */
  readonly document: unknown
}

/** What AWS allows in a name of a selection or of a rule. */
const namePattern = /^[a-zA-Z0-9\-_.]{1,50}$/

/** Tag conditions of AWS name the tag by this prefix; the plain key means the same. */
const tagPrefix = 'aws:ResourceTag/'

const emptyHint = 'Name sources by id, name or ARN ("*" for all of them), or tags that they have.'

/**
 * Reads a selection in the shape of AWS (`SelectionName`, `Resources`, `ListOfTags`, `Conditions` …, in `BackupSelection` or not) or in
 * Coffre's own (`name`, `sources`, `notSources`, `anyTags`, `conditions`). Throws `policy.selection-invalid` with every error.
 */
export function parseSelectionDocument(document: unknown): SelectionDocument {
  const findings: PolicyFinding[] = []
  const selection = readSelection(document, '', findings)
  refuseErrors('policy.selection-invalid', 'the selection cannot be used', findings)
  if (selection === undefined) throw new Error('a selection without errors was not read')
  return { selection, findings, document }
}

/** `undefined` only after an error was added to `findings`. */
export function readSelection(document: unknown, at: string, findings: PolicyFinding[]): Selection | undefined {
  const wrapped = isObject(document) && isObject(document['BackupSelection'])
  const outer = DocumentReader.open(document, at, findings)
  if (outer === undefined) return undefined
  if (wrapped) {
    outer.knows('BackupSelection', 'BackupPlanId', 'CreatorRequestId', 'SelectionId', 'CreationDate')
    outer.finish()
    return readSelection(document['BackupSelection'], outer.pointer('BackupSelection'), findings)
  }
  const errorsBefore = countErrors(findings)
  const selection = outer.has('SelectionName') || outer.has('IamRoleArn') ? readAwsShape(outer) : readOwnShape(outer)
  outer.finish()
  if (selection === undefined || countErrors(findings) > errorsBefore) return undefined
  const { resources, anyTags, conditions } = selection
  if (resources.length + anyTags.length + conditions.length > 0) return selection
  findings.push({ severity: 'error', at, message: `the selection "${selection.name}" picks nothing`, hint: emptyHint })
  return undefined
}

function readAwsShape(reader: DocumentReader): Selection | undefined {
  const name = readName(reader, 'SelectionName')
  const roleArn = reader.text('IamRoleArn')
  const anyTags = reader.objects('ListOfTags').flatMap((condition) => {
    const type = condition.requiredText('ConditionType')
    if (type !== undefined && type.toUpperCase() !== 'STRINGEQUALS') {
      condition.error('ConditionType', `"${type}" is not possible here, only STRINGEQUALS`, 'Other comparisons go into Conditions.')
    }
    return readTag(condition)
  })
  const conditions = reader.object('Conditions')
  const selection = {
    resources: readPatterns(reader, 'Resources'),
    notResources: readPatterns(reader, 'NotResources'),
    anyTags,
    conditions: conditions === undefined ? [] : tagOperators.flatMap((operator) => readConditions(conditions, operator)),
  }
  conditions?.finish()
  return name === undefined ? undefined : { name, ...selection, ...(roleArn === undefined ? {} : { roleArn }) }
}

function readOwnShape(reader: DocumentReader): Selection | undefined {
  const name = readName(reader, 'name')
  const anyTags = Object.entries(reader.textMap('anyTags')).map(([key, value]) => ({ key, value }))
  const conditions = reader.objects('conditions').flatMap((condition): readonly TagCondition[] => {
    const key = condition.requiredText('key')
    const value = condition.text('value')
    const operator = condition.requiredText('operator')
    const known = tagOperators.find((candidate) => candidate === operator)
    if (operator !== undefined && known === undefined) {
      condition.error('operator', `"${operator}" is none of ${tagOperators.join(', ')}`)
    }
    if (value === undefined && !condition.has('value')) condition.error('value', 'value is missing')
    condition.finish()
    return key === undefined || value === undefined || known === undefined ? [] : [{ key, value, operator: known }]
  })
  const selection = {
    resources: readPatterns(reader, 'sources'),
    notResources: readPatterns(reader, 'notSources'),
    anyTags,
    conditions,
  }
  return name === undefined ? undefined : { name, ...selection }
}

/** AWS sends each operator's conditions as a list; documents written by hand often have a single one. */
function readConditions(reader: DocumentReader, operator: TagOperator): readonly TagCondition[] {
  const given = reader.any(operator)
  const single = isObject(given) ? reader.object(operator) : undefined
  const conditions = single === undefined ? reader.objects(operator) : [single]
  return conditions.flatMap(readTag).map((tag) => ({ ...tag, operator }))
}

function readTag(condition: DocumentReader): readonly TagEquals[] {
  const key = condition.requiredText('ConditionKey')
  const value = condition.text('ConditionValue')
  if (!condition.has('ConditionValue')) condition.error('ConditionValue', 'ConditionValue is missing')
  condition.knows('ConditionType')
  condition.finish()
  if (key === undefined || value === undefined) return []
  return [{ key: key.startsWith(tagPrefix) ? key.slice(tagPrefix.length) : key, value }]
}

function readPatterns(reader: DocumentReader, field: string): readonly string[] {
  const patterns = reader.texts(field)
  if (patterns.includes('')) reader.error(field, `${field} has an empty entry`)
  return patterns
}

function readName(reader: DocumentReader, field: string): string | undefined {
  const name = reader.requiredText(field)
  if (name === undefined || namePattern.test(name)) return name
  reader.error(field, `"${name}" is no name for a selection`, 'Names have 1 to 50 letters, digits, hyphens, underscores and dots.')
  return undefined
}

function countErrors(findings: readonly PolicyFinding[]): number {
  return findings.filter(({ severity }) => severity === 'error').length
}
