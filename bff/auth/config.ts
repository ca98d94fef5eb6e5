import type { PermissionName } from '#contract'

/** What the configuration says of sign-in and permissions. */
export type AuthConfig = {
  /** what everyone who is known may do with what says nothing of them */
  defaultPermission: PermissionName
  experimentCreation: 'anyone' | 'admins' | 'files'
  /** answer what exists and may not be seen as if it did not exist */
  hideForbidden: boolean
  /** origin that browsers use: `https://assay.example.com`; undefined without a proxy */
  publicUrl: string | undefined
  staticPrefix: string
  /** whether mail can be sent */
  mail: boolean
  /** OIDC providers, as the sign-in page names them */
  providers: { id: string; name: string }[]
}
