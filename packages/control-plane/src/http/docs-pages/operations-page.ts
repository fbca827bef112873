import type { OpenApiContent, OpenApiDocument, OpenApiOperation } from '../openapi/openapi-document.ts'
import { type Html, html } from './html.ts'
import { pageResponse } from './page-frame.ts'
import type { PageWords } from './page-words.ts'
import { schemaTable } from './schema-table.ts'

/** The API for people, from the same document that programs read. */
export function operationsPage({ paths, components }: OpenApiDocument, words: PageWords): Response {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  )
  const groups = Map.groupBy(operations, ({ operation }) => operation.tags[0] ?? '')
  const contents = [...groups].map(
    ([group, members]) =>
      html`<h2>${group}</h2>
<ul>${members.map(({ operation: { operationId, summary } }) => html`<li><a href="#${operationId}">${summary}</a></li>`)}</ul>`,
  )
  const schemas = Object.entries(components.schemas).map(
    ([name, schema]) => html`<section id="schema-${name}"><h3>${name}</h3>${schemaTable(schema, words)}</section>`,
  )
  return pageResponse(
    words,
    words.title,
    html`<h1>${words.title}</h1>
<p>${words.introduction}</p>
<p><a href="/openapi.json">${words.machineReadable}</a>. <a href="/docs/problems">${words.problems}</a>.</p>
<nav>${contents}</nav>
${operations.map(({ path, method, operation }) => section(path, method, operation, words))}
<h2>${words.schemas}</h2>
${schemas}`,
  )
}

function section(path: string, method: string, operation: OpenApiOperation, words: PageWords): Html {
  const { operationId, summary, description, parameters, requestBody, responses } = operation
  const answers = Object.entries(responses)
  return html`<section id="${operationId}">
<h3>${summary}</h3>
<p><code>${method} /api/v1${path}</code></p>
${description === undefined ? undefined : html`<p>${description}</p>`}
<p>${words.right}: <code>${operation['x-coffre-right']}</code></p>
${parameters.length === 0 ? undefined : html`<h4>${words.parameters}</h4>${schemaTable(parametersSchema(operation), words)}`}
${requestBody === undefined ? undefined : html`<h4>${words.body}</h4>${contentTable(requestBody.content, words)}`}
${answers.filter(([status]) => status.startsWith('2')).map(([status, answer]) => answerPart(status, answer, words))}
<h4>${words.problems}</h4>
<ul>${answers.filter(([status]) => !status.startsWith('2')).map(([status, answer]) => problemItem(status, answer))}</ul>
</section>`
}

function answerPart(status: string, { content }: OpenApiContent, words: PageWords): Html {
  if (content === undefined) return html`<h4>${words.answer} ${status}</h4><p>${words.noAnswer}</p>`
  const title = 'text/event-stream' in content ? words.events : words.answer
  return html`<h4>${title} ${status}</h4>${contentTable(content, words)}`
}

function contentTable(content: OpenApiContent['content'], words: PageWords): Html {
  return schemaTable(Object.values(content ?? {})[0]?.schema, words)
}

function problemItem(status: string, { description }: OpenApiContent): Html {
  const codes = description.split(', ').map((code) => html`<a href="/docs/problems#${code}"><code>${code}</code></a>`)
  return html`<li>${status}: ${codes}</li>`
}

/** Parameters in the form of an object, which the table knows. */
function parametersSchema({ parameters }: OpenApiOperation) {
  return {
    type: 'object',
    properties: Object.fromEntries(parameters.map(({ name, description, schema }) => [name, { ...schema, description }])),
    required: parameters.filter(({ required }) => required).map(({ name }) => name),
  }
}
