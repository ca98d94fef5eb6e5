import { hash, verify } from '@node-rs/argon2'
import { ApiError, codePoints, invalid } from '#contract'

// OWASP's least for argon2id (19 MiB, 2 passes): a sign-in costs some 15 ms of a thread that is not the event loop's.
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/** Hashed at a time, and waiting: who sends more sign-ins than this does not slow down everyone else. */
const AT_ONCE = 2
const WAITING = 64

let running = 0
const waiting: (() => void)[] = []

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= AT_ONCE) {
    if (waiting.length >= WAITING)
      throw new ApiError('REQUEST_LIMIT_EXCEEDED', 'Too many sign-ins at once. Try again in a moment.')
    await new Promise<void>((resolve) => waiting.push(resolve))
  }
  running++
  try {
    return await work()
  } finally {
    running--
    waiting.shift()?.()
  }
}

const normal = (password: string) => password.normalize('NFC')

/** argon2id, in PHC notation. */
export const hashPassword = (password: string): Promise<string> => inTurn(() => hash(normal(password), COST))

/** Of no password at all: an unknown user takes as long as a wrong password. */
let nobody: Promise<string> | undefined

export async function verifyPassword(stored: string | null | undefined, password: string): Promise<boolean> {
  nobody ??= hashPassword('the password of nobody')
  const known = stored ?? (await nobody)
  // longer than any that was ever accepted
  if (password.length > 1024) return false
  const isRight = await inTurn(() => verify(known, normal(password)))
  return isRight && typeof stored === 'string'
}

const LEAST = 12
const MOST = 128
/** Characters: code points. */
export const PASSWORD_LENGTH = { min_length: LEAST, max_length: MOST }

/** Throws INVALID_PARAMETER_VALUE for a password that is short, long, known to everyone, or the user's own name. */
export async function requireGoodPassword(
  password: string,
  { username, email }: { username: string; email?: string | null },
) {
  const length = codePoints(normal(password))
  if (length < LEAST) throw invalid(`The password is too short: it needs ${LEAST} characters or more.`)
  if (length > MOST) throw invalid(`The password is too long: it has ${MOST} characters at most.`)
  const own = [username, username.split('@')[0] ?? '', email ?? '', 'assay', 'mlflow'].filter(Boolean)
  const { score } = (await strength()).check(normal(password), own)
  if (score < 3) throw invalid('The password is too easy to guess: choose a longer one, or several unusual words.')
}

// its dictionaries take memory and time that only whoever sets a password needs
let estimator: Promise<import('@zxcvbn-ts/core').ZxcvbnFactory> | undefined
const strength = () => {
  estimator ??= Promise.all([import('@zxcvbn-ts/core'), import('@zxcvbn-ts/language-common')]).then(
    ([{ ZxcvbnFactory }, { dictionary, adjacencyGraphs }]) =>
      new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs }),
  )
  return estimator
}
