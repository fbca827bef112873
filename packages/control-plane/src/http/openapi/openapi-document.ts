import { isChanging, type JsonSchema, jsonSchemaOf, type Operation, problemSchema } from '@coffre/api-contract'
import { ComponentSchemas } from './component-schemas.ts'
import { problemsByStatus } from './operation-problems.ts'

export interface OpenApiParameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required: boolean
  readonly description?: string
  readonly schema: JsonSchema
}

export interface OpenApiContent {
  readonly description: string
  readonly content?: Readonly<
    Record<string, { readonly schema: JsonSchema; readonly examples?: Readonly<Record<string, unknown>> }>
  >
}

/** An operation as OpenAPI 3.1 has it, section 4.8.10. */
export interface OpenApiOperation {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly summary: string
  readonly description?: string
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
  readonly 'x-coffre-right': string
  readonly parameters: readonly OpenApiParameter[]
  readonly requestBody?: { readonly required: boolean; readonly content: OpenApiContent['content'] }
  readonly responses: Readonly<Record<string, OpenApiContent>>
}

export interface OpenApiDocument {
  readonly openapi: '3.1.1'
  readonly info: Readonly<Record<string, unknown>>
  readonly servers: readonly { readonly url: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>
  readonly components: {
    readonly schemas: Readonly<Record<string, unknown>>
    readonly securitySchemes: Readonly<Record<string, unknown>>
  }
}

/** What the operations are, for programs: OpenAPI 3.1, with everything that a client can be generated from. */
export function openApiDocument(operations: readonly Operation[], version: string): OpenApiDocument {
  const schemas = new ComponentSchemas()
  schemas.add(jsonSchemaOf(problemSchema.array(), 'output'))
  const paths: Record<string, Record<string, OpenApiOperation>> = {}
  for (const operation of operations) {
    paths[operation.path] ??= {}
    Object.assign(paths[operation.path] ?? {}, { [operation.method.toLowerCase()]: describe(operation, schemas) })
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Coffre',
      version,
      description: 'Problems are told by RFC 9457, with stable codes. Lists come in pages: give `next` of one as `after`.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/api/v1' }],
    paths,
    components: {
      schemas: schemas.all(),
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', description: 'An API key, or the token of a session.' } },
    },
  }
}

function describe(operation: Operation, schemas: ComponentSchemas): OpenApiOperation {
  const { id, summary, description, right, status, answer, body, isStream } = operation
  return {
    operationId: id,
    tags: [id.split('.')[0] ?? id],
    summary,
    ...(description === undefined ? {} : { description }),
    security: right === 'public' ? [] : [{ bearer: [] }],
    'x-coffre-right': right,
    parameters: [
      ...parametersOf(operation, 'path', schemas),
      ...parametersOf(operation, 'query', schemas),
      ...(isChanging(operation) && right !== 'public' ? [idempotencyKey] : []),
      ...(isStream === true ? [lastEventId] : []),
    ],
    ...(body === undefined ? {} : { requestBody: requestBodyOf(body, schemas) }),
    responses: {
      [status]:
        status === 204
          ? { description: summary }
          : {
              description: isStream === true ? `${summary}: each event has such a value as its data` : summary,
              content: {
                [isStream === true ? 'text/event-stream' : 'application/json']: {
                  schema: schemas.add(jsonSchemaOf(answer, 'output')),
                },
              },
            },
      ...problemResponses(operation),
    },
  }
}

function requestBodyOf(body: NonNullable<Operation['body']>, schemas: ComponentSchemas) {
  const isRequired = !body.safeParse({}).success
  return { required: isRequired, content: { 'application/json': { schema: schemas.add(jsonSchemaOf(body, 'input')) } } }
}

function parametersOf(operation: Operation, where: 'path' | 'query', schemas: ComponentSchemas): OpenApiParameter[] {
  const schema = schemas.add(jsonSchemaOf(where === 'path' ? operation.params : operation.query, 'input'))
  const required = new Set((schema['required'] ?? []) as readonly string[])
  const properties = Object.entries((schema['properties'] ?? {}) as Readonly<Record<string, JsonSchema>>)
  return properties.map(([name, { description, ...rest }]) => ({
    name,
    in: where,
    required: where === 'path' || required.has(name),
    ...(typeof description === 'string' ? { description } : {}),
    schema: rest,
  }))
}

function problemResponses(operation: Operation): Record<string, OpenApiContent> {
  const schema = { $ref: '#/components/schemas/Problem' }
  return Object.fromEntries(
    [...problemsByStatus(operation)].map(([status, codes]) => {
      const examples = Object.fromEntries(codes.map((code) => [code, { value: exampleOf(code, status) }]))
      return [status, { description: codes.join(', '), content: { 'application/problem+json': { schema, examples } } }]
    }),
  )
}

function exampleOf(code: string, status: string): Readonly<Record<string, unknown>> {
  return { type: `/docs/problems#${code}`, title: code, status: Number(status), code, detail: '…', requestId: '…' }
}

const idempotencyKey: OpenApiParameter = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'Makes the request happen once, however often it is sent within 24 hours; a secret is answered the first time only.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
}

const lastEventId: OpenApiParameter = {
  name: 'Last-Event-ID',
  in: 'header',
  required: false,
  description: 'Of the last event that was seen: the stream goes on after it.',
  schema: { type: 'string', maxLength: 200 },
}
