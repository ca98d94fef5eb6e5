const secretKey = /pass|secret|token|credential|private|api_?key|access_?key/i

/** An address without its password, for people to see. */
export function maskUrl(text: string): string {
  if (!URL.canParse(text)) return text.replace(/:\/\/.*@/s, '://***@')
  const url = new URL(text)
  if (url.password) url.password = '***'
  for (const key of url.searchParams.keys()) if (secretKey.test(key)) url.searchParams.set(key, '***')
  return url.href.replaceAll('%2A%2A%2A', '***')
}

/** A copy of any settings in which no secret is left. */
export function masked(value: unknown, key = ''): unknown {
  if (typeof value === 'string')
    return secretKey.test(key) && value ? '***' : /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? maskUrl(value) : value
  if (Array.isArray(value)) return value.map((item) => masked(item, key))
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, masked(item, name)]))
  }
  return value
}
