import type { AuthEndpoints, Output } from '#contract'
import { invalid, linkPage } from '#contract'
import type { Db } from '#kit/sql.ts'
import type { User } from '../accounts/users.ts'
import { recordAudit } from '../audit/record.ts'
import type { AuthConfig } from '../config.ts'
import { queueMail } from '../mail/outbox.ts'
import { createLink, planLink } from './links.ts'

/** How long a link is good for: somebody new may be away for days, a new password is wanted now. */
export const LINK_HOURS = { setup: 72, invite: 72, reset: 2 } as const

type Sending = {
  /** who asks for it; empty for whoever it is for */
  by: string
  /** give the link even where it could be mailed */
  byHand?: boolean
}

/**
 * A new link for a person to come in with: an invitation, or a new password for whoever has one. Mailed where that is possible,
 * else in the answer; it then begins with `/` where the server does not know its own address.
 */
export async function sendLink(
  db: Db,
  config: AuthConfig,
  user: User,
  { by, byHand = false }: Sending,
): Promise<Output<AuthEndpoints['makeLink']>> {
  const { user_id, username, email, kind, disabled_at } = user
  if (kind === 'service') throw invalid(`${username} is a service account: it has tokens, and no password.`)
  if (disabled_at) throw invalid(`${username} is disabled: enable the account first.`)
  const purpose = user.has_password ? ('reset' as const) : ('invite' as const)
  const hours = LINK_HOURS[purpose]
  await recordAudit(db, { actor: by, action: `link.${purpose}`, object_type: 'user', object_id: username })
  if (!config.mail || email === null || byHand) {
    const { secret } = await createLink(db, { purpose, user_id, hours })
    return { mailed: false, link: addressOf(config) + linkPage(secret), hours }
  }
  const link_id = await planLink(db, { purpose, user_id, hours })
  const mail = { idempotency_key: `${purpose}/${link_id}`, to: email, link_id }
  await (purpose === 'reset'
    ? queueMail(db, { ...mail, letter: 'reset', content: { username } })
    : queueMail(db, { ...mail, letter: 'invite', content: { username, by } }))
  return { mailed: true, hours }
}

/** The address that browsers use, without the slash at its end. */
export const addressOf = ({ publicUrl, staticPrefix }: Pick<AuthConfig, 'publicUrl' | 'staticPrefix'>) =>
  `${publicUrl ?? ''}${staticPrefix}`
