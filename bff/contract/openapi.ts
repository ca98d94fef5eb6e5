import * as z from 'zod'
import type { Endpoint } from './endpoint.ts'
import { allEndpoints } from './index.ts'

const schemaOf = (schema: z.ZodType, io: 'input' | 'output') => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any', target: 'draft-2020-12' })
  return rest
}

function parametersOf(endpoint: Endpoint) {
  const inPath = [...endpoint.path.matchAll(/\{(\w+)…?\}/g)].map((match) => match[1])
  const { properties = {}, required = [] } = schemaOf(endpoint.input, 'input') as {
    properties?: Record<string, object>
    required?: string[]
  }
  const all = Object.entries(properties).map(([name, schema]) => ({
    name,
    in: inPath.includes(name) ? 'path' : 'query',
    required: inPath.includes(name) || required.includes(name),
    schema,
  }))
  return endpoint.method === 'GET' || endpoint.transfer === 'upload'
    ? all
    : all.filter((parameter) => parameter.in === 'path')
}

function bodyOf(endpoint: Endpoint) {
  if (endpoint.method === 'GET') return {}
  const content =
    endpoint.transfer === 'upload'
      ? { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } }
      : { 'application/json': { schema: schemaOf(endpoint.input, 'input') } }
  return { requestBody: { content } }
}

function operationOf(name: string, endpoint: Endpoint) {
  const content =
    endpoint.transfer === 'download'
      ? { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } }
      : { 'application/json': { schema: schemaOf(endpoint.output, 'input') } }
  return {
    operationId: name,
    summary: endpoint.summary,
    'x-permission': endpoint.permission.ask,
    parameters: parametersOf(endpoint),
    ...bodyOf(endpoint),
    responses: {
      200: { description: 'done', content },
      default: {
        description: 'refused',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    },
  }
}

const ERROR = {
  type: 'object',
  required: ['error_code', 'message'],
  properties: { error_code: { type: 'string' }, message: { type: 'string' } },
}

/** The whole contract as an OpenAPI 3.1 document. Paths below /api/ are served below /ajax-api/ as well. */
export function openApi(version: string, table: Record<string, Endpoint> = allEndpoints) {
  const paths: Record<string, Record<string, object>> = {}
  for (const [name, endpoint] of Object.entries(table) as [string, Endpoint][]) {
    const path = endpoint.path.replace('…}', '}')
    paths[path] ??= {}
    paths[path][endpoint.method.toLowerCase()] = operationOf(name, endpoint)
    if (endpoint.also) paths[path][endpoint.also.toLowerCase()] = operationOf(`${name}By${endpoint.also}`, endpoint)
  }
  return { openapi: '3.1.0', info: { title: 'Assay', version }, paths, components: { schemas: { Error: ERROR } } }
}
