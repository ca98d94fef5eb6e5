import { readFileSync } from 'node:fs'
import * as z from 'zod'
import type { Env } from './sources.ts'

/** A secret where it really is: never in the file itself, which may be shown and kept with other code. */
export const SecretPlace = z.union(
  [z.strictObject({ variable: z.string().min(1) }), z.strictObject({ file: z.string().min(1) })],
  { error: 'must say where it is: {variable: NAME} or {file: PATH}' },
)
type SecretPlace = z.output<typeof SecretPlace>

/** A secret's text, or the file that has it: files are read again and again, since they are replaced while the server runs. */
export type SecretSource = string | { file: string }

export const secretSource = (place: SecretPlace, env: Env): SecretSource =>
  'file' in place ? { file: place.file } : (env[place.variable]?.trim() ?? '')

/** Why a secret cannot be had from there. */
export const secretProblem = (place: SecretPlace, env: Env) =>
  'file' in place
    ? fileProblem(place.file)
    : env[place.variable]?.trim()
      ? undefined
      : `names the variable ${place.variable}, which is not set`

/** Why a file that is named is of no use. */
export function fileProblem(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim() ? undefined : `names ${file}, which is empty`
  } catch (error) {
    return `names ${file}, which cannot be read (${(error as NodeJS.ErrnoException).code})`
  }
}
