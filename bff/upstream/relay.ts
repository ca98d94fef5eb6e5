import type { Endpoint, Endpoints } from '#contract'
import { endpoints, requestOf } from '#contract'
import type { Context, HandlersOf } from '#kit/route.ts'
import type { Sent } from '#kit/signed-caller.ts'
import { refusingAbsent } from './absent.ts'
import { passJson } from './answers.ts'
import type { Ask } from './ask.ts'
import { openByteStreams } from './byte-streams.ts'
import { openJsonCalls } from './json-calls.ts'
import type { Credentials } from './manner.ts'
import { mannerOfCore, mannerOfMlflow } from './manner.ts'
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

  /** The request by that server's path, and what is said beside it. */
  const addressed = <Request extends Sent>(request: Request, context: Context) => {
    const placed = { ...request, path: manner.place(request.path) }
    const id = context.request.headers['x-request-id']
    const headers = {
      ...manner.vouch(placed, context),
      ...(typeof id === 'string' ? { 'x-request-id': id } : {}),
    }
    return [placed, headers] as const
  }
  const ask: Ask = (request, context) => calls.send(...addressed(request, context))
  const relayed = (endpoint: Endpoint) => async (input: object, context: Context) => {
    const request = requestOf(endpoint, input)
    if (endpoint.transfer === 'json') return passJson(await ask(request, context))
    // HEAD stays HEAD
    const asked = { method: context.request.method ?? request.method, path: request.path, body: undefined }
    const [{ path }, headers] = addressed(asked, context)
    return bytes.relay(endpoint.transfer, path, headers)
  }

  const handlers = Object.fromEntries(
    Object.entries(endpoints).map(([name, endpoint]) => [name, relayed(endpoint)]),
  ) as unknown as HandlersOf<Endpoints>
  const gauges: [string, string, () => Record<string, number>, string][] = [
    ['assay_upstream_requests', 'Requests to the tracking server behind this one.', calls.stats, 'state'],
  ]
  return config.kind === 'core'
    ? { handlers: refusingAbsent(handlers, ask), gauges, close: calls.close }
    : { handlers: adaptToMlflow(handlers, ask), gauges, mlflowVersion: () => versionOfMlflow(ask), close: calls.close }
}
