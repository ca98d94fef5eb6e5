import { readFile } from 'node:fs/promises'
import type { Configuration } from 'openid-client'
import * as oidc from 'openid-client'
import type { OidcProvider } from './config.ts'

const HOUR_MS = 3_600_000

/** What a provider says of itself, asked for when it is first needed and again after an hour; a failure is not remembered. */
export function openDiscovery(provider: OidcProvider): () => Promise<Configuration> {
  let known: { since: number; configuration: Promise<Configuration> } | undefined
  return () => {
    if (!known || Date.now() - known.since > HOUR_MS) {
      const configuration = discover(provider)
      known = { since: Date.now(), configuration }
      configuration.catch(() => {
        known = undefined
      })
    }
    return known.configuration
  }
}

async function discover({ issuer, clientId, clientSecret }: OidcProvider): Promise<Configuration> {
  const secret = typeof clientSecret === 'object' ? (await readFile(clientSecret.file, 'utf8')).trim() : clientSecret
  return oidc.discovery(
    new URL(issuer),
    clientId,
    undefined,
    secret === undefined ? oidc.None() : oidc.ClientSecretBasic(secret),
    // the configuration lets http be this machine only
    issuer.startsWith('http:') ? { execute: [oidc.allowInsecureRequests] } : undefined,
  )
}
