import * as z from 'zod'

/** What no two names may share: without case and Unicode forms they could not be told apart. */
export const lookalikeKey = (name: string): string => name.normalize('NFKC').toLowerCase()

/** Nothing that is not seen: no control characters, no marks of direction, no code points without a character. */
export const characters = (text: string): boolean => text.isWellFormed() && !/\p{C}/u.test(text)

const Mail = z.email()
export const isMail = (text: string): boolean => Mail.safeParse(text).success

export const domainOf = (mail: string): string => mail.slice(mail.lastIndexOf('@') + 1).toLowerCase()
