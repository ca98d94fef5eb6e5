import type { IncomingMessage } from 'node:http'
import * as oidc from 'openid-client'
import type { SignInProblem } from '#contract'
import type { Database } from '#kit/db.ts'
import type { Log } from '#kit/log.ts'
import type { Answered } from '#kit/route.ts'
import { row, rows, sql } from '#kit/sql.ts'
import { recordAudit } from '../audit/record.ts'
import type { AuthConfig } from '../config.ts'
import { hashOf } from '../identify/credentials.ts'
import { addressOf } from '../links/send-link.ts'
import { sessionCookie } from '../sessions/cookies.ts'
import { startSession } from '../sessions/sessions.ts'
import type { OidcProvider } from './config.ts'
import { openFlowCookie } from './flow-cookie.ts'
import { serverKey } from './keys.ts'
import { personOf, SignInRefused } from './people.ts'
import { openDiscovery } from './provider.ts'

type Parts = {
  database: Database
  config: AuthConfig
  log: Log
  cookieName: (request: IncomingMessage) => string
  hasAdmin: () => Promise<boolean>
}

export type Oidc = {
  /** Answers the two addresses of a sign-in, or says false. `path` is without the prefix. */
  plain: (request: IncomingMessage, response: Answered, path: string, query: string) => Promise<boolean>
  /** Where the provider of a session ends its own; undefined where none began it, or it has no such page. */
  signOutAt: (sessionId: number) => Promise<string | undefined>
}

type Opened = OidcProvider & { discover: () => Promise<oidc.Configuration> }
type Sent = { location: string; cookies: string[] }

/** Sign-in by OpenID Connect: code flow with PKCE, state and nonce (RFC 9700). */
export async function openOidc({ database, config, log, cookieName, hasAdmin }: Parts): Promise<Oidc> {
  const providers = new Map<string, Opened>(
    config.providers.map((provider) => [provider.id, { ...provider, discover: openDiscovery(provider) }]),
  )
  const address = addressOf(config)
  const https = config.publicUrl?.startsWith('https:') ?? false
  const flows = openFlowCookie(await serverKey(database, 'oidc flow'), { https, prefix: config.staticPrefix })
  const callbackOf = ({ id }: OidcProvider) => `${address}/auth/oidc/${id}/callback`

  const back = (problem: SignInProblem, next = '/'): Sent => ({
    location: `${address}/sign-in?${new URLSearchParams({ problem, next })}`,
    cookies: [flows.gone],
  })

  async function start(provider: Opened, query: string): Promise<Sent> {
    const next = ownPage(new URLSearchParams(query).get('next'))
    const configuration = await provider.discover()
    const flow = {
      provider: provider.id,
      state: oidc.randomState(),
      nonce: oidc.randomNonce(),
      verifier: oidc.randomPKCECodeVerifier(),
      next,
    }
    const location = oidc.buildAuthorizationUrl(configuration, {
      redirect_uri: callbackOf(provider),
      scope: provider.scopes.join(' '),
      state: flow.state,
      nonce: flow.nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(flow.verifier),
      code_challenge_method: 'S256',
    })
    return { location: location.href, cookies: [await flows.seal(flow)] }
  }

  async function callback(provider: Opened, query: string, request: IncomingMessage): Promise<Sent> {
    const flow = await flows.open(request)
    const given = new URLSearchParams(query)
    if (flow?.provider !== provider.id || given.get('state') !== flow.state) return back('expired', flow?.next)
    if (given.has('error')) {
      log.info({ provider: provider.id, error: given.get('error') }, 'a provider refused a sign-in')
      return back('refused', flow.next)
    }
    const configuration = await provider.discover()
    const tokens = await oidc.authorizationCodeGrant(configuration, new URL(`${callbackOf(provider)}?${query}`), {
      pkceCodeVerifier: flow.verifier,
      expectedState: flow.state,
      expectedNonce: flow.nonce,
      idTokenExpected: true,
    })
    const { iss, sub, ...claims } = tokens.claims()!
    const said = configuration.serverMetadata().userinfo_endpoint
      ? await oidc.fetchUserInfo(configuration, tokens.access_token, sub)
      : {}
    const who = { issuer: iss, subject: sub, claims: { ...claims, ...said } }
    const secret = await database.transaction(async (db) => {
      const { user_id, username } = await personOf(db, provider, who)
      const secret = await startSession(db, user_id, request)
      await rows(db, sql`update sessions set provider = ${provider.id} where hash = ${hashOf(secret)}`)
      await recordAudit(db, {
        actor: username,
        action: 'session.start',
        object_type: 'user',
        object_id: username,
        details: { provider: provider.id },
      })
      return secret
    })
    const cookie = sessionCookie(cookieName(request), secret)['Set-Cookie']
    return { location: address + flow.next, cookies: [flows.gone, cookie] }
  }

  async function answer(provider: Opened, half: string, query: string, request: IncomingMessage): Promise<Sent> {
    if (!(await hasAdmin())) return { location: `${address}/sign-in`, cookies: [] }
    try {
      return half === 'start' ? await start(provider, query) : await callback(provider, query, request)
    } catch (error) {
      if (error instanceof SignInRefused) return back(error.problem)
      log.warn({ err: error, provider: provider.id }, 'a sign-in by a provider failed')
      return back('provider')
    }
  }

  return {
    async plain(request, response, path, query) {
      const [, id = '', half = ''] = /^\/auth\/oidc\/([a-z0-9-]+)\/(start|callback)$/.exec(path) ?? []
      const provider = providers.get(id)
      if (!provider || request.method !== 'GET') return false
      response.route = `/auth/oidc/{provider}/${half}`
      const { location, cookies } = await answer(provider, half, query, request)
      response.writeHead(303, { Location: location, 'Set-Cookie': cookies, 'Cache-Control': 'no-store' }).end()
      return true
    },

    async signOutAt(sessionId) {
      const session = await row<{ provider: string | null }>(
        database.health,
        sql`select provider from sessions where session_id = ${sessionId}`,
      )
      const provider = providers.get(session?.provider ?? '')
      const configuration = await provider?.discover().catch(() => undefined)
      if (!configuration?.serverMetadata().end_session_endpoint) return undefined
      return oidc.buildEndSessionUrl(configuration, { post_logout_redirect_uri: `${address}/sign-in` }).href
    },
  }
}

/** A page of this server: a path and what follows it. Anything that a browser could take for another site is the first page. */
export function ownPage(next: string | null): string {
  if (!next?.startsWith('/') || /^\/[/\\]|[\\\p{C}]/u.test(next)) return '/'
  const base = 'http://assay.invalid'
  const url = URL.canParse(next, base) ? new URL(next, base) : undefined
  return url?.origin === base && !url.pathname.startsWith('//') ? url.pathname + url.search + url.hash : '/'
}
