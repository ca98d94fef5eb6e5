import type { MailConfig } from '../auth/mail/config.ts'
import type { SmtpUrl } from './fields.ts'
import { isLoopback } from './fields.ts'
import { fileProblem } from './secrets.ts'

/** The settings that mail is about, each read on its own. */
type MailSettings = {
  'smtp-url'?: SmtpUrl | undefined
  'smtp-password'?: string | undefined
  'smtp-ca-file'?: string | undefined
  'smtp-insecure': boolean
  'mail-from'?: string | undefined
  'public-url'?: string | undefined
}

export function checkMail(s: MailSettings): string[] {
  const url = s['smtp-url']
  const file = s['smtp-ca-file'] === undefined ? undefined : fileProblem(s['smtp-ca-file'])
  const says = [
    url && !s['mail-from'] && '--smtp-url: set --mail-from too, the address that mails come from.',
    url && !s['public-url'] && '--smtp-url: mails hold links. Set --public-url too, the address that browsers use.',
    url?.user !== undefined &&
      !s['smtp-password'] &&
      `--smtp-url: set ASSAY_SMTP_PASSWORD too, the password of ${url.user}.`,
    s['smtp-password'] !== undefined &&
      url?.user === undefined &&
      'ASSAY_SMTP_PASSWORD: say whose it is in --smtp-url=smtp://USER@HOST.',
    file && `--smtp-ca-file: it ${file}.`,
  ]
  return says.filter((problem) => typeof problem === 'string')
}

/** Without an SMTP server no mail is sent, and administrators hand out the links. */
export function mailOf(s: MailSettings): MailConfig | undefined {
  const url = s['smtp-url']
  const from = s['mail-from']
  if (!url || !from) return undefined
  const { host, port, user } = url
  const plain = s['smtp-insecure'] || isLoopback(host)
  return {
    host,
    port,
    tls: url.tls ? 'always' : plain ? 'offered' : 'starttls',
    login: user === undefined ? undefined : { user, password: s['smtp-password'] ?? '' },
    caFile: s['smtp-ca-file'],
    from,
  }
}
