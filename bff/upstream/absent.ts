import type { Endpoint, Endpoints, Output } from '#contract'
import { ApiError, endpoints, getServer, requestOf, routeOf } from '#contract'
import type { HandlersOf } from '#kit/route.ts'
import { readJson } from './answers.ts'
import type { Ask } from './ask.ts'
import { ITSELF } from './ask.ts'

/** A core has another mode only once it was started again. */
const KNOWN_FOR_MS = 60_000
/** One that does not answer is not asked before each call. */
const AGAIN_MS = 5_000

/** What the core behind this server has not in its mode is refused as the core would: before anything of a request is read. */
export function refusingAbsent(handlers: HandlersOf<Endpoints>, ask: Ask): HandlersOf<Endpoints> {
  const known = openKnown(ask)
  const refuses = (endpoint: Endpoint) => async () => {
    const { absent, reason } = await known()
    if (absent.has(routeOf(endpoint))) throw new ApiError('NOT_IMPLEMENTED', reason)
  }
  const all = Object.entries(endpoints).map(([name, endpoint]) => {
    const handle = handlers[name as keyof Endpoints] as (...args: never[]) => unknown
    // bound, so that the one that was given stays as it is
    return [name, Object.assign(handle.bind(undefined), { refuses: refuses(endpoint) })]
  })
  return Object.fromEntries(all) as HandlersOf<Endpoints>
}

type Known = { absent: ReadonlySet<string>; reason: string }

/** Where the core does not say, nothing is absent: the call itself will tell what is wrong. */
function openKnown(ask: Ask): () => Promise<Known> {
  let known: Promise<Known> | undefined
  let until = 0
  return () => {
    if (known && Date.now() < until) return known
    until = Date.now() + KNOWN_FOR_MS
    known = askCore(ask).catch(() => {
      until = Date.now() + AGAIN_MS
      return { absent: new Set(), reason: '' }
    })
    return known
  }
}

async function askCore(ask: Ask): Promise<Known> {
  const answer = await ask(requestOf(getServer, {}), ITSELF)
  const { absent, absent_reason = '' } = (await readJson(answer)) as Output<typeof getServer>
  return { absent: new Set(absent), reason: absent_reason }
}
