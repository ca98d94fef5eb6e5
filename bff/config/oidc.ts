import * as z from 'zod'
import type { OidcProvider } from '../auth/oidc/config.ts'
import { SecretPlace, secretProblem, secretSource } from './secrets.ts'
import type { Env } from './sources.ts'
import type { Problem } from './yaml-file.ts'
import { readYamlFile } from './yaml-file.ts'

const Words = z.array(z.string().min(1), 'must be a list').min(1, 'must name at least one')

const Claims = z.strictObject({
  username: z.string().min(1).default('preferred_username'),
  email: z.string().min(1).default('email'),
  display_name: z.string().min(1).default('name'),
  groups: z.string().min(1).default('groups'),
})

const Entry = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'must be of small letters, digits and -, such as keycloak'),
  name: z.string().min(1).optional(),
  issuer: z.string().refine(isIssuer, 'must be an https address, without ? and # (http on this machine only)'),
  client_id: z.string().min(1),
  client_secret: SecretPlace.optional(),
  scopes: Words.default(['openid', 'profile', 'email']),
  claims: Claims.default(Claims.parse({})),
  trust_email: z.boolean().default(false),
  link_by_email: z.enum(['invited', 'any'], 'must be invited or any').default('invited'),
  allowed_groups: Words.optional(),
  admin_groups: Words.optional(),
})
type Entry = z.output<typeof Entry>

const Providers = z.strictObject({ providers: z.array(Entry, 'must be a list').min(1, 'must name at least one') })

function isIssuer(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const near = url && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname)
  return !!url && (url.protocol === 'https:' || (url.protocol === 'http:' && !!near)) && !url.search && !url.hash
}

/** The providers by which people sign in, from a YAML file. */
export function readProviders(file: string, env: Env, problems: string[]): OidcProvider[] {
  const read = readYamlFile(
    { flag: '--oidc', file, schema: Providers, fieldsAt, check: (data) => check(data.providers, env) },
    problems,
  )
  return read?.providers.map((entry) => providerOf(entry, env)) ?? []
}

const fieldsAt = (path: readonly PropertyKey[]) =>
  Object.keys(path.length === 0 ? Providers.shape : path.includes('claims') ? Claims.shape : Entry.shape)

const check = (providers: readonly Entry[], env: Env): Problem[] =>
  providers.flatMap(({ id, client_secret, scopes }, i) => {
    const secret = client_secret && secretProblem(client_secret, env)
    return [
      ...(secret ? [{ path: ['providers', i, 'client_secret'], message: secret }] : []),
      ...(scopes.includes('openid')
        ? []
        : [{ path: ['providers', i, 'scopes'], message: 'must have openid among them' }]),
      ...(providers.findIndex((other) => other.id === id) < i
        ? [{ path: ['providers', i, 'id'], message: `is ${id} a second time` }]
        : []),
    ]
  })

const providerOf = (entry: Entry, env: Env): OidcProvider => ({
  id: entry.id,
  name: entry.name ?? entry.id,
  issuer: entry.issuer,
  clientId: entry.client_id,
  clientSecret: entry.client_secret && secretSource(entry.client_secret, env),
  scopes: entry.scopes,
  claims: entry.claims,
  trustEmail: entry.trust_email,
  linkByEmail: entry.link_by_email,
  allowedGroups: entry.allowed_groups,
  adminGroups: entry.admin_groups,
})
