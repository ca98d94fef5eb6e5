import type { PermissionName } from '#contract'
import type { ReadRules } from './files/read.ts'
import type { WatchConfig } from './files/watch.ts'
import type { MailConfig } from './mail/config.ts'
import type { OidcProvider } from './oidc/config.ts'
import type { S3Config } from './s3/places.ts'

/** What the configuration says of sign-in and permissions. */
export type AuthConfig = {
  /** made at start, where there is no administrator */
  firstAdmin: { username: string; password: string } | undefined
  /** in whose name mails are sent and people invited */
  organisation: string
  /** undefined: mails are not sent, and administrators hand out the links */
  mail: MailConfig | undefined
  providers: readonly OidcProvider[]
  /** what everyone who is known may do with what says nothing of them */
  defaultPermission: Exclude<PermissionName, 'REVIEW' | 'APPROVE'>
  experimentCreation: 'anyone' | 'admins' | 'files'
  /** answer what exists and may not be seen as if it did not exist */
  hideForbidden: boolean
  /** record who downloads artifacts */
  auditReads: boolean
  /** origin that browsers use: `https://assay.example.com`; undefined without a proxy */
  publicUrl: string | undefined
  staticPrefix: string
  /** access files: of which mail domains people may be named (none: all), and which folder is watched */
  files: ReadRules & { watch: WatchConfig | undefined }
  s3: S3Config
}
