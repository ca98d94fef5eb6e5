import * as z from 'zod'
import { endpoint, everyone } from './endpoint.ts'
import { Nothing } from './wire.ts'

/** Who somebody is, as others see them. */
export const Person = z.object({ username: z.string(), display_name: z.string() })

export const getSession = endpoint({
  method: 'GET',
  path: '/api/assay/session',
  summary: 'Who is asking, and how one can sign in here.',
  permission: everyone,
  input: Nothing,
  output: z.object({
    /** `off`: nobody signs in, everyone may do everything. `setup`: there is no administrator yet */
    auth: z.enum(['on', 'off', 'setup']),
    /** absent where nobody is signed in */
    user: Person.extend({ is_admin: z.boolean(), email: z.string().optional() }).optional(),
    /** to be sent back as `X-Assay-CSRF` with everything that changes something */
    csrf_token: z.string().optional(),
    /** ways to sign in beside a password */
    providers: z.array(z.object({ id: z.string(), name: z.string() })),
    /** whether mail can be sent: without, links are handed out by the administrator */
    mail: z.boolean(),
  }),
})
