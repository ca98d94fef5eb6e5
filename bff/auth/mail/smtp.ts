import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { rootCertificates } from 'node:tls'
import type { SMTPConnectionOptions, SMTPEnvelope } from 'nodemailer/lib/smtp-connection'
import SMTPConnection from 'nodemailer/lib/smtp-connection'
import type { MailConfig } from './config.ts'

/** How it ended where the mail server did not take a mail. */
export type Refusal = {
  /**
   * `mail`: it will not take this one, now or later. `later`: not now. `server`: it could not be talked to, so no other mail
   * will fare better. `unknown`: the mail was on its way, and no answer came.
   */
  about: 'mail' | 'later' | 'server' | 'unknown'
  why: string
}

type Message = {
  from: string
  to: string
  bytes: Buffer
  /** Called when the server is ready for the text, before its first byte. Where this throws, nothing is sent. */
  beforeText: () => Promise<void>
}

/** Everything before the text of the mail: name look-up, connection, TLS, sign-in, addresses. */
const TALK_MS = 60_000
/** The time that a mail server may take to answer, after the text (RFC 5321, 4.5.3.2.6). */
const SILENCE_MS = 10 * 60_000

/** Hands one mail to the mail server. Answers with nothing where it was taken. */
export async function deliver(
  config: MailConfig,
  message: Message,
  closing: AbortSignal,
): Promise<Refusal | undefined> {
  const connection = new SMTPConnection(optionsOf(config))
  let handed = false
  const patience = AbortSignal.any([closing, AbortSignal.timeout(TALK_MS)])
  const hangUp = () => {
    if (!handed) connection.close()
  }
  patience.addEventListener('abort', hangUp, { once: true })
  const text = Readable.from(
    (async function* () {
      await message.beforeText()
      handed = true
      yield message.bytes
    })(),
  )
  try {
    await talk(connection, config, { from: message.from, to: message.to }, text)
    connection.quit()
    return undefined
  } catch (error) {
    connection.close()
    return refusalOf(error as SmtpError, handed)
  } finally {
    patience.removeEventListener('abort', hangUp)
    text.destroy()
  }
}

function talk(connection: SMTPConnection, { login }: MailConfig, envelope: SMTPEnvelope, text: Readable) {
  return new Promise<void>((resolve, reject) => {
    const ended = () => reject(new Error('The connection was closed'))
    connection.on('error', reject).once('end', ended)
    const send = () => connection.send(envelope, text, (error) => (error ? reject(error) : resolve()))
    connection.connect((error) => {
      if (error) reject(error)
      else if (login) {
        const { user, password: pass } = login
        connection.login({ credentials: { user, pass } }, (refused) => (refused ? reject(refused) : send()))
      } else send()
    })
  })
}

function optionsOf({ host, port, tls, caFile }: MailConfig): SMTPConnectionOptions {
  const ca = caFile === undefined ? undefined : [...rootCertificates, readFileSync(caFile, 'utf8')]
  return {
    host,
    port,
    secure: tls === 'always',
    requireTLS: tls === 'starttls',
    // where plain text would do, any certificate is no worse
    tls: { ...(ca && { ca }), rejectUnauthorized: tls !== 'offered' },
    connectionTimeout: 30_000,
    greetingTimeout: 30_000,
    socketTimeout: SILENCE_MS,
    logger: false,
  }
}

type SmtpError = Error & { code?: string; responseCode?: number; command?: string }

function refusalOf({ message, code, responseCode }: SmtpError, handed: boolean): Refusal {
  const why = message.slice(0, 500)
  if (responseCode === undefined) return { about: handed ? 'unknown' : 'server', why }
  // what it says of one mail or its addressee, and not of the sign-in or of itself
  if (code !== 'EENVELOPE' && code !== 'EMESSAGE') return { about: 'server', why }
  return { about: responseCode >= 500 ? 'mail' : 'later', why }
}
