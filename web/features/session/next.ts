/** The page to go on to after a sign-in: a path of this app, whatever the address says. */
export function safeNext(next: string | null): string {
  if (!next?.startsWith('/')) return '/'
  // an address that a browser would read as another site's (//host, /\host) is not ours
  const base = 'http://here.invalid'
  const url = URL.parse(next, base)
  const ours = url?.origin === base && !url.pathname.startsWith('//')
  return ours ? url.pathname + url.search + url.hash : '/'
}
