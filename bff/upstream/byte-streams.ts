import type { ClientRequest, IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import * as http from 'node:http'
import * as https from 'node:https'
import { createProxyMiddleware } from 'http-proxy-middleware'
import type { Endpoint } from '#contract'
import { RawJson, RelayedAnswer, StreamAnswer, send } from '#kit/route.ts'
import type { ServerAnswer } from './answers.ts'
import { passJson, refusal, unreachable } from './answers.ts'
import type { Manner } from './manner.ts'
import type { Limits, Target } from './target.ts'
import { authoritiesOf, CONNECT_MS } from './target.ts'

/** What of a caller's headers describes the bytes, or which of them are asked for. Nothing else is sent on. */
const OF_BYTES = [
  'content-type',
  'content-length',
  'transfer-encoding',
  'accept',
  'range',
  'if-range',
  'if-match',
  'if-none-match',
  'if-modified-since',
]

export type ByteStreams = {
  /** The bytes of an upload or a download, untouched, to and from `path`; `headers` are ours to add. */
  relay: (transfer: Endpoint['transfer'], path: string, headers: Record<string, string>) => RelayedAnswer
}

/** Of a connection that is to close, servers would not read the rest of a body which they refuse. */
const OPEN = { connection: 'keep-alive' }

type Waiting = { answered: (answer?: IncomingMessage) => void; failed: (cause: unknown) => void }

export function openByteStreams(
  target: Target,
  { answerMs }: Limits,
  manner: Pick<Manner, 'passes' | 'always'>,
): ByteStreams {
  const { origin, prefix, socketPath } = target
  const waiting = new WeakMap<IncomingMessage, Waiting>()
  const { Agent } = origin.startsWith('https:') ? https : http
  const proxy = createProxyMiddleware<IncomingMessage, ServerResponse>({
    target: socketPath === undefined ? origin : { socketPath, host: 'localhost', port: 80 },
    changeOrigin: true,
    selfHandleResponse: true,
    followRedirects: false,
    // a new connection each: bytes that have gone into one that the server was just closing could not be sent again
    agent: new Agent({ keepAlive: false, ...authoritiesOf(target) }),
    proxyTimeout: answerMs,
    on: {
      proxyReq: limitConnecting,
      proxyRes: (answer, request) => waiting.get(request)?.answered(answer),
      error: (cause, request) => waiting.get(request)?.failed(cause),
    },
  })

  const ask = (request: IncomingMessage, response: ServerResponse) =>
    new Promise<IncomingMessage | undefined>((answered, reject) => {
      const failed = (cause: unknown) => reject(unreachable(cause))
      waiting.set(request, { answered, failed })
      // the proxy listens too, more than once
      response.setMaxListeners(20)
      // the caller left before there was an answer
      response.once('close', () => answered(undefined))
      void proxy(request, response, failed)
    })

  const relay: ByteStreams['relay'] = (transfer, path, headers) =>
    new RelayedAnswer(async (request, response) => {
      request.url = prefix + path
      request.headers = { ...pick(request.headers, (name) => OF_BYTES.includes(name)), ...headers, ...OPEN }
      try {
        const answer = await ask(request, response)
        if (!answer) return
        const { statusCode: status = 0, headers: told } = answer
        await send(request, response, await answerOf(transfer, { status, headers: told, body: answer }, manner))
      } finally {
        // refused before all of it was sent: a client that is still sending then hears the answer
        if (!request.readableEnded)
          request
            .unpipe()
            .on('error', () => {})
            .resume()
      }
    })

  return { relay }
}

const NOTHING = new RawJson('{}')

function answerOf(
  transfer: Endpoint['transfer'],
  answer: ServerAnswer,
  { passes, always }: Pick<Manner, 'passes' | 'always'>,
) {
  const { status, headers, body } = answer
  const told = status < 300 || (transfer === 'download' && (status === 304 || status === 416))
  if (!told) return refusal(answer)
  if (transfer === 'download') return new StreamAnswer(status, { ...pick(headers, passes), ...always }, body)
  if (headers['content-type'] !== undefined && headers['content-length'] !== '0') return passJson(answer)
  // MLflow's answer to an upload may be empty
  body.resume()
  return NOTHING
}

const pick = (headers: IncomingHttpHeaders, wanted: (name: string) => boolean): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      wanted(name) && value !== undefined ? [[name, String(value)]] : [],
    ),
  )

/** Bytes may take hours, but not the way to the server. */
function limitConnecting(request: ClientRequest) {
  const { socket } = request
  if (!socket?.connecting) return
  const timer = setTimeout(() => request.destroy(new Error(`no connection in ${CONNECT_MS} ms`)), CONNECT_MS)
  for (const event of ['connect', 'close']) socket.once(event, () => clearTimeout(timer))
}
