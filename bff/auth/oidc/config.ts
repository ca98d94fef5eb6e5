/** A provider by which people sign in (OpenID Connect). */
export type OidcProvider = {
  /** as addresses have it: `keycloak` */
  id: string
  /** as the sign-in page has it */
  name: string
  issuer: string
  clientId: string
  /** the text, or the file that has it; undefined for a public client */
  clientSecret: string | { file: string } | undefined
  scopes: readonly string[]
  /** names of claims; `a.b` is b within a where there is no claim of that name */
  claims: { username: string; email: string; display_name: string; groups: string }
  /** take a mail address for verified where the provider does not say whether it is */
  trustEmail: boolean
  /** whom a verified mail address may bring together: `invited` with who has no password yet, `any` with everyone */
  linkByEmail: 'invited' | 'any'
  /** who may sign in; undefined is everyone whom the provider knows */
  allowedGroups: readonly string[] | undefined
  /** who is an administrator, taken over at each sign-in; undefined leaves it to Assay */
  adminGroups: readonly string[] | undefined
}
