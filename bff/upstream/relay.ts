import type { Endpoint, Endpoints } from '#contract'
import { endpoints, requestOf } from '#contract'
import type { Context, HandlersOf } from '#kit/route.ts'
import { passJson } from './answers.ts'
import { openByteStreams } from './byte-streams.ts'
import { openJsonCalls } from './json-calls.ts'
import type { Credentials } from './manner.ts'
import { mannerOfCore, mannerOfMlflow } from './manner.ts'
import type { Ask } from './mlflow.ts'
import { adaptToMlflow, versionOfMlflow } from './mlflow.ts'
import type { Limits, Target } from './target.ts'

export type RelayConfig = Limits & { target: Target } & (
    | { kind: 'core'; secret: string }
    | { kind: 'mlflow'; credentials: Credentials | undefined }
  )

/**
 * The contract, answered by another server. What was parsed and authorised is what is sent: each request is made from its
 * endpoint's declaration and the parsed input, never from the bytes that came. Only artifacts pass through as they are.
 */
export function openRelay(config: RelayConfig) {
  const manner = config.kind === 'core' ? mannerOfCore(config.secret) : mannerOfMlflow(config.credentials)
  const calls = openJsonCalls(config.target, config)
  const bytes = openByteStreams(config.target, config, manner)

  /** The path to ask, and what is said beside it. */
  const addressed = (method: string, path: string, context: Context) => {
    const place = manner.place(path)
    const id = context.request.headers['x-request-id']
    const headers = {
      ...manner.vouch(method, place, context),
      ...(typeof id === 'string' ? { 'x-request-id': id } : {}),
    }
    return [place, headers] as const
  }
  const ask: Ask = (request, context) => {
    const [path, headers] = addressed(request.method, request.path, context)
    return calls.send({ ...request, path }, headers)
  }
  const relayed = (endpoint: Endpoint) => async (input: object, context: Context) => {
    const request = requestOf(endpoint, input)
    if (endpoint.transfer === 'json') return passJson(await ask(request, context))
    // HEAD stays HEAD
    const [path, headers] = addressed(context.request.method ?? request.method, request.path, context)
    return bytes.relay(endpoint.transfer, path, headers)
  }

  const handlers = Object.fromEntries(
    Object.entries(endpoints).map(([name, endpoint]) => [name, relayed(endpoint)]),
  ) as unknown as HandlersOf<Endpoints>
  const gauges: [string, string, () => Record<string, number>, string][] = [
    ['assay_upstream_requests', 'Requests to the tracking server behind this one.', calls.stats, 'state'],
  ]
  return config.kind === 'core'
    ? { handlers, gauges, close: calls.close }
    : { handlers: adaptToMlflow(handlers, ask), gauges, mlflowVersion: () => versionOfMlflow(ask), close: calls.close }
}
