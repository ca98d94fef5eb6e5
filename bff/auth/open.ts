import type { IncomingMessage } from 'node:http'
import type { AuthEndpointName, AuthEndpoints } from '#contract'
import { ApiError, authEndpoints } from '#contract'
import { clientAddress } from '#kit/client-address.ts'
import type { HandlersOf } from '#kit/route.ts'
import { accountHandlers } from './accounts/handlers.ts'
import { openAuditHeads } from './audit/heads.ts'
import { withRecordedReads } from './audit/reads.ts'
import { auditHandlers } from './audit/search.ts'
import type { Auth } from './auth.ts'
import { openExperiments } from './files/experiments.ts'
import { accessFileHandlers } from './files/handlers.ts'
import { openWatch } from './files/watch.ts'
import { grantHandlers } from './grants/handlers.ts'
import { openGuard } from './guard.ts'
import { withHooks } from './hooks.ts'
import type { Attempt, Identify } from './identify/identify.ts'
import { openIdentify } from './identify/identify.ts'
import { linkHandlers } from './links/handlers.ts'
import { addressOf } from './links/send-link.ts'
import { hasAdministrator } from './links/set-up.ts'
import { openSender } from './mail/sender.ts'
import { mlflowHandlers } from './mlflow/handlers.ts'
import { openOidc } from './oidc/sign-in.ts'
import type { AuthParts } from './parts.ts'
import { openResolve } from './resolve.ts'
import { s3Handlers } from './s3/handlers.ts'
import { openCookieName } from './sessions/cookies.ts'
import { sessionHandlers } from './sessions/handlers.ts'
import { openThrottle } from './throttle/throttle.ts'
import { tokenHandlers } from './tokens/handlers.ts'

/** Sign-in and permissions, on Assay's own database. */
export async function openAuth(parts: AuthParts): Promise<Auth> {
  const { database, config, owners, log } = parts
  const experiments = openExperiments(parts.tracking)
  const files = { database, experiments, rules: config.files, log }
  const throttle = openThrottle(database, (error) =>
    log.warn({ err: error }, 'old failures to sign in could not be cleared away'),
  )
  const attempt: Attempt = (username, request, work) => throttle.attempt(username, clientAddress(request), work)
  const identify = openIdentify(parts, attempt)
  const heads = await openAuditHeads(database, log)
  const resolve = openResolve(owners)
  const cookieName = openCookieName(config.publicUrl)

  // once there is one there always is
  let administered = false
  const hasAdmin = async () => {
    administered ||= await hasAdministrator(database.health)
    return administered
  }
  await hasAdmin()

  const underway = new Set<Promise<unknown>>()
  const later = (work: Promise<unknown>) => {
    const done = work
      .catch((error: unknown) => log.warn({ err: error }, 'what was begun after an answer failed'))
      .finally(() => underway.delete(done))
    underway.add(done)
  }
  const sender =
    config.mail &&
    openSender({
      database,
      mail: config.mail,
      sender: { organisation: config.organisation, address: addressOf(config) },
      log,
    })

  const signIn = config.providers.length > 0 ? await openOidc({ ...parts, cookieName, hasAdmin }) : undefined

  const handlers: HandlersOf<AuthEndpoints> = {
    ...linkHandlers({ ...parts, attempt, cookieName, later }),
    ...sessionHandlers({ ...parts, attempt, cookieName, hasAdmin, signOutAt: signIn?.signOutAt }),
    ...tokenHandlers(parts),
    ...accountHandlers(parts),
    ...auditHandlers(parts),
    ...grantHandlers({ ...parts, resolve }),
    ...accessFileHandlers(files, config.files.watch !== undefined),
    ...s3Handlers({ database, experiments, config: config.s3 }),
    ...mlflowHandlers({ ...parts, attempt }),
  }
  const watch = config.files.watch && openWatch(files, config.files.watch)
  return {
    guard: openGuard({
      config,
      owners,
      identify,
      resolve,
      cookieName,
      closed: async () => ((await hasAdmin()) ? undefined : notSetUp()),
    }),
    handlers: seenAtOnce(handlers, identify),
    hooked: (tracking) =>
      withHooks(config.auditReads ? withRecordedReads(tracking, database) : tracking, {
        ...parts,
        freshness: identify.freshness,
      }),
    plain: signIn?.plain ?? (async () => false),
    async close() {
      await Promise.all([watch?.close(), throttle.close(), sender?.close(), ...underway])
      await heads.close()
    },
  }
}

const notSetUp = () =>
  new ApiError(
    'UNAUTHENTICATED',
    'This server has no administrator yet: open the set-up link that it printed when it started, or set ASSAY_ADMIN_USERNAME and ASSAY_ADMIN_PASSWORD.',
  )

/** What is changed here counts with the next request of this process; in other processes half a second later at most. */
function seenAtOnce(handlers: HandlersOf<AuthEndpoints>, { freshness }: Identify): HandlersOf<AuthEndpoints> {
  const changing = (Object.keys(authEndpoints) as AuthEndpointName[]).filter(
    (name) => authEndpoints[name].method !== 'GET',
  )
  const wrapped = changing.map((name) => {
    const handle = handlers[name] as (input: unknown, context: { request: IncomingMessage }) => Promise<unknown>
    return [
      name,
      async (input: unknown, context: { request: IncomingMessage }) => {
        try {
          return await handle(input, context)
        } finally {
          freshness.expire()
        }
      },
    ]
  })
  return { ...handlers, ...Object.fromEntries(wrapped) }
}
