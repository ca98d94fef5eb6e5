export type Claims = Readonly<Record<string, unknown>>

/** A claim by its name, or by a path of names: Keycloak has `realm_access.roles`. */
function claimNamed(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name]
  return name
    .split('.')
    .reduce<unknown>(
      (value, part) =>
        value !== null && typeof value === 'object' && Object.hasOwn(value, part) ? value[part as never] : undefined,
      claims,
    )
}

export const textNamed = (claims: Claims, name: string): string | undefined => {
  const value = claimNamed(claims, name)
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined
}

/** A list of texts; one text is a list of one. */
export function textsNamed(claims: Claims, name: string): string[] {
  const value = claimNamed(claims, name)
  return (Array.isArray(value) ? value : [value]).filter((item) => typeof item === 'string' && item !== '')
}
