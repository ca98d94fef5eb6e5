import * as z from 'zod'
import { anyoneKnown, endpoint, everyone } from './endpoint.ts'
import { AnswerInt64, Characters, Int64Field, Nothing, Required } from './wire.ts'

/** Somebody as others see them. */
export const Person = z.object({ username: z.string(), display_name: z.string() })
export type Person = z.output<typeof Person>

const Session = z.object({
  /** `off`: nobody signs in, everyone may do everything. `setup`: there is no administrator yet */
  auth: z.enum(['on', 'off', 'setup']),
  /** absent where nobody is signed in */
  user: Person.extend({ is_admin: z.boolean(), email: z.string().optional(), has_password: z.boolean() }).optional(),
  /** of a session: sent back as `X-Assay-CSRF` with everything that changes something */
  csrf_token: z.string().optional(),
  /** ways to sign in beside a password */
  providers: z.array(z.object({ id: z.string(), name: z.string() })),
  /** whether mail can be sent; without, an administrator hands out the links */
  mail: z.boolean(),
  /** who may create experiments */
  experiment_creation: z.enum(['anyone', 'admins', 'files']),
})

export const getSession = endpoint({
  method: 'GET',
  path: '/api/assay/session',
  summary: 'Who is asking, and how one can sign in here.',
  permission: everyone,
  input: Nothing,
  output: Session,
})

export const signIn = endpoint({
  method: 'POST',
  path: '/api/assay/session',
  summary: 'Begin a session in this browser. A wrong password and an unknown user are answered alike.',
  permission: everyone,
  input: z.object({ username: Required, password: Required }),
  output: Session,
  bodyLimit: 16_384,
})

export const signOut = endpoint({
  method: 'DELETE',
  path: '/api/assay/session',
  summary: 'End this session. `sign_out_at` is where the provider ends its own, if there is one.',
  permission: everyone,
  input: Nothing,
  output: z.object({ sign_out_at: z.string().optional() }),
})

export const listSessions = endpoint({
  method: 'GET',
  path: '/api/assay/sessions',
  summary: "The caller's sessions, the newest first.",
  permission: anyoneKnown,
  input: Nothing,
  output: z.object({
    sessions: z.array(
      z.object({
        session_id: AnswerInt64,
        created_at: AnswerInt64,
        last_seen_at: AnswerInt64,
        /** coarse: `Firefox on Linux` */
        client: z.string(),
        current: z.boolean(),
      }),
    ),
  }),
})

export const endSession = endpoint({
  method: 'DELETE',
  path: '/api/assay/sessions/{session_id}',
  summary: "End one of the caller's sessions.",
  permission: anyoneKnown,
  input: z.object({ session_id: Int64Field }),
  output: Nothing,
})

export const endSessions = endpoint({
  method: 'DELETE',
  path: '/api/assay/sessions',
  summary: "End all of the caller's sessions but this one.",
  permission: anyoneKnown,
  input: Nothing,
  output: z.object({ ended: z.number() }),
})

export const changePassword = endpoint({
  method: 'POST',
  path: '/api/assay/password',
  summary: "Change the caller's password, which ends all other sessions.",
  permission: anyoneKnown,
  input: z.object({ current_password: Required, new_password: Required }),
  output: Nothing,
  bodyLimit: 16_384,
})

export const changeProfile = endpoint({
  method: 'PATCH',
  path: '/api/assay/profile',
  summary: 'Change how the caller is called.',
  permission: anyoneKnown,
  input: z.object({ display_name: Characters.max(200) }),
  output: Nothing,
})
