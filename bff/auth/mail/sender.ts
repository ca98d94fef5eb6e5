import MailComposer from 'nodemailer/lib/mail-composer'
import { linkPage } from '#contract'
import type { Database } from '#kit/db.ts'
import type { Log } from '#kit/log.ts'
import { repeat } from '#kit/repeat.ts'
import type { MailConfig, Sender } from './config.ts'
import type { Claimed } from './outbox.ts'
import { claimMail, giveUp, markHanded, markSent, NOT_KNOWN, tidyOutbox, tryLater } from './outbox.ts'
import { renderLetter } from './render.ts'
import type { Refusal } from './smtp.ts'
import { deliver } from './smtp.ts'

type SenderParts = { database: Database; mail: MailConfig; sender: Sender; log: Log; everyMs?: number }

/** Over some two and a half days. */
const ATTEMPTS = 18

/** 1, 2, 4 … minutes, at most six hours. */
const backoffSeconds = (attempts: number) => Math.min(60 * 2 ** (attempts - 1), 6 * 3600)

/**
 * Sends what is in the outbox, one mail after the other, whichever replica comes first.
 *
 * What is promised: a mail that was queued is tried until the mail server takes it, refuses it for good, or days have gone
 * by; and it is never sent twice. Where it cannot be known whether the server took it (one of the two broke off while the
 * text was on its way) it is given up and says so, and an administrator can make a new link.
 */
export function openSender(parts: SenderParts): { close(): Promise<void> } {
  const failed = (error: unknown) => parts.log.warn({ err: error }, 'mails could not be looked for')
  const everyMs = parts.everyMs ?? 2_000
  const sending = repeat({ everyMs, atOnce: true, work: (closing) => sendAll(parts, closing), failed })
  const tidying = repeat({ everyMs: 30 * everyMs, atOnce: true, work: () => tidyOutbox(parts.database), failed })
  return { close: async () => void (await Promise.all([sending.close(), tidying.close()])) }
}

async function sendAll(parts: SenderParts, closing: AbortSignal) {
  while (!closing.aborted) {
    const claimed = await parts.database.transaction(claimMail)
    if (claimed === undefined) return
    if (claimed === 'overtaken') continue
    const refusal = await send(parts, claimed, closing)
    if (refusal?.about === 'server') return
  }
}

async function send({ database, mail, sender, log }: SenderParts, claimed: Claimed, closing: AbortSignal) {
  const { mail_id, attempts, letter } = claimed
  const message = {
    from: mail.from,
    to: claimed.to_address,
    bytes: await compose(claimed, mail, sender),
    async beforeText() {
      if (!(await markHanded(database, claimed))) throw new Error('Another server has taken this mail over')
    },
  }
  const refusal = await deliver(mail, message, closing)
  if (!refusal) {
    await markSent(database, claimed)
    log.info({ mail_id, letter, attempts }, 'mail sent')
    return undefined
  }
  log.warn({ mail_id, letter, attempts, why: refusal.why }, 'mail not sent')
  await (closing.aborted && refusal.about === 'server'
    ? tryLater(database, claimed, 0, refusal.why)
    : settle(database, claimed, refusal))
  return refusal
}

function settle(database: Database, claimed: Claimed, { about, why }: Refusal) {
  if (about === 'unknown') return giveUp(database, claimed, `${NOT_KNOWN}. ${why}`)
  if (about === 'mail' || claimed.attempts >= ATTEMPTS) return giveUp(database, claimed, why)
  return tryLater(database, claimed, backoffSeconds(claimed.attempts), why)
}

function compose(claimed: Claimed, { from }: MailConfig, sender: Sender): Promise<Buffer> {
  const { link } = claimed
  const { subject, text, html } = renderLetter(
    claimed,
    sender,
    link && { url: sender.address + linkPage(link.secret), hours: link.hours },
  )
  const node = new MailComposer({
    from: { name: sender.organisation, address: from },
    to: { name: '', address: claimed.to_address },
    messageId: `<${claimed.message_id}@${from.slice(from.indexOf('@') + 1)}>`,
    subject,
    text,
    html,
    headers: { 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
  }).compile()
  return new Promise((resolve, reject) => node.build((error, bytes) => (error ? reject(error) : resolve(bytes!))))
}
