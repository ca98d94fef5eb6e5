import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider from 'oidc-provider'
import { onTestFinished } from 'vitest'
import type { OidcProvider } from '../auth/oidc/config.ts'

/** Somebody whom the provider knows, by the claims that it says of them. */
type Person = { sub: string; [claim: string]: unknown }

/** A real OpenID provider on this machine, at which whoever `person` is has signed in already. Stopped when the test ends. */
export async function startOidcProvider(redirectUri: string, signOutUri: string) {
  const http = createServer().listen(0, '127.0.0.1')
  await once(http, 'listening')
  const issuer = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  let person: Person | 'refused' = { sub: 'nobody' }
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'assay',
        client_secret: 'a secret of the client',
        redirect_uris: [redirectUri],
        post_logout_redirect_uris: [signOutUri],
      },
    ],
    claims: { openid: ['sub'], profile: ['preferred_username', 'name', 'groups'], email: ['email', 'email_verified'] },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: true } },
    cookies: { keys: ['of the test'] },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    findAccount: (_context, sub) => ({
      accountId: sub,
      claims: () => ({ sub, ...(person === 'refused' ? {} : person) }),
    }),
    loadExistingGrant: async (context) => {
      const grant = new context.oidc.provider.Grant({
        clientId: context.oidc.client!.clientId,
        accountId: context.oidc.session!.accountId!,
      })
      grant.addOIDCScope('openid profile email')
      await grant.save()
      return grant
    },
  })
  const handle = provider.callback()
  http.on('request', (request, response) => {
    if (!request.url?.startsWith('/interaction/')) return void handle(request, response)
    const result = person === 'refused' ? { error: 'access_denied' } : { login: { accountId: person.sub } }
    void provider.interactionFinished(request, response, result)
  })
  const stop = async () => {
    http.closeAllConnections()
    http.close()
    await once(http, 'close')
  }
  onTestFinished(async () => void (http.listening && (await stop())))
  return {
    issuer,
    /** Who signs in from now on. */
    as(next: Person | 'refused') {
      person = next
    },
    stop,
    config: (change: Partial<OidcProvider> = {}): OidcProvider => ({
      id: 'ministry',
      name: 'Ministry',
      issuer,
      clientId: 'assay',
      clientSecret: 'a secret of the client',
      scopes: ['openid', 'profile', 'email'],
      claims: { username: 'preferred_username', email: 'email', display_name: 'name', groups: 'groups' },
      trustEmail: false,
      linkByEmail: 'invited',
      allowedGroups: undefined,
      adminGroups: undefined,
      ...change,
    }),
  }
}
