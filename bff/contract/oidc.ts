/** Where a browser goes to sign in by a provider; no endpoint of the API, since it answers by sending the browser on. */
export const providerSignIn = (id: string, next: string): string =>
  `/auth/oidc/${encodeURIComponent(id)}/start?next=${encodeURIComponent(next)}`

/** Why a sign-in by a provider came to nothing, as `?problem=` of the sign-in page says it. */
export const SIGN_IN_PROBLEMS = {
  provider:
    'The provider could not be reached, or gave no answer that makes sense. Try again, or tell an administrator.',
  refused: 'The provider did not let you in.',
  expired: 'The sign-in took too long, or was begun in another window. Try again.',
  'not-allowed': 'You are known there, but not in a group that may sign in here. Ask an administrator.',
  taken:
    'There is an account with this name or mail address already. Sign in with its password, or ask an administrator.',
  unverified: 'The provider does not vouch for your mail address. Ask an administrator.',
  disabled: 'This account is disabled. Ask an administrator.',
  name: 'The provider gives no name that can be a username here. Ask an administrator.',
} as const
export type SignInProblem = keyof typeof SIGN_IN_PROBLEMS
