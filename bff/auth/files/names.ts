import * as z from 'zod'

/** Nothing that is not seen: no control characters, no marks of direction, no code points without a character. */
export const characters = (text: string): boolean => text.isWellFormed() && !/\p{C}/u.test(text)

const Mail = z.email()
export const isMail = (text: string): boolean => Mail.safeParse(text).success

export const domainOf = (mail: string): string => mail.slice(mail.lastIndexOf('@') + 1).toLowerCase()
