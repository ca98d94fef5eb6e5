import { SIGN_IN_PROBLEMS } from '#contract'

/** Why a provider sent one back; nothing for words that are not ours. */
export const problemOf = (code: string | null) =>
  code !== null && Object.hasOwn(SIGN_IN_PROBLEMS, code)
    ? SIGN_IN_PROBLEMS[code as keyof typeof SIGN_IN_PROBLEMS]
    : undefined
