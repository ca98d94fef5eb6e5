import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { Email } from 'postal-mime'
import PostalMime from 'postal-mime'
import type { SMTPServerOptions } from 'smtp-server'
import { SMTPServer } from 'smtp-server'
import { onTestFinished } from 'vitest'
import type { MailConfig } from '../auth/mail/config.ts'

export type MailServer = {
  config: MailConfig
  port: number
  /** What was taken, in order. */
  mails: Email[]
  /** Resolves when so many were taken. */
  took: (count: number) => Promise<Email[]>
  stop(): Promise<void>
}

type Behaviour = Pick<
  SMTPServerOptions,
  'onRcptTo' | 'onAuth' | 'key' | 'cert' | 'disabledCommands' | 'authOptional'
> & {
  port?: number
  /** Once a text is in: resolves when it is taken, rejects where it is not. */
  onText?: (mail: Email) => Promise<void> | void
}

/** A real mail server on this machine, which keeps what it takes; stopped when the test ends. */
export async function startMailServer({ port = 0, onText, ...options }: Behaviour = {}): Promise<MailServer> {
  const mails: Email[] = []
  const waiting = new Set<() => void>()
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    ...options,
    onData(stream, _session, done) {
      buffer(stream)
        .then((bytes) => PostalMime.parse(bytes))
        .then(async (mail) => {
          await onText?.(mail)
          mails.push(mail)
          for (const look of waiting) look()
        })
        .then(() => done(), done)
    },
  })
  server.on('error', () => {})
  const listening = server.listen(port, '127.0.0.1')
  await new Promise((resolve) => listening.once('listening', resolve))
  const stop = () => new Promise<void>((resolve) => server.close(() => resolve()))
  onTestFinished(stop)
  const found = (listening.address() as AddressInfo).port
  return {
    port: found,
    mails,
    config: {
      host: '127.0.0.1',
      port: found,
      tls: 'offered',
      login: undefined,
      caFile: undefined,
      from: 'assay@example.org',
    },
    took(count) {
      const { promise, resolve } = Promise.withResolvers<Email[]>()
      const look = () => {
        if (mails.length < count) return
        waiting.delete(look)
        resolve(mails)
      }
      waiting.add(look)
      look()
      return promise
    },
    stop,
  }
}
