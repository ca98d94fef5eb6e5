import * as z from 'zod'
import { administrator, endpoint, everyone } from './endpoint.ts'
import { AnswerInt64, Nothing, pageSize, Required, Text } from './wire.ts'

/**
 * The page that a one-time link opens, below the server's own address. What follows # stays in the browser: no server and no
 * proxy writes it down, and no other site is told.
 */
export const linkPage = (secret: string): string => `/link#${secret}`

const Purpose = z.enum(['setup', 'invite', 'reset'])
const Secret = z.object({ secret: Required.max(100) })

export const getLink = endpoint({
  method: 'GET',
  path: '/api/assay/links/{secret}',
  summary: 'What a one-time link is for; changes nothing. 409 where it was used, has expired, or never was.',
  permission: everyone,
  input: Secret,
  output: z.object({
    /** `setup` makes the first administrator, `invite` and `reset` set a password */
    purpose: Purpose,
    /** absent for `setup`, where one is chosen */
    username: z.string().optional(),
    /** in whose name it was sent */
    organisation: z.string(),
    /** characters that a password must have at least, and at most */
    password: z.object({ min_length: z.number(), max_length: z.number() }),
  }),
})

export const followLink = endpoint({
  method: 'POST',
  path: '/api/assay/links/{secret}',
  summary: 'Use a one-time link: sets the password and begins a session in this browser. 409 as above.',
  permission: everyone,
  input: Secret.extend({
    password: Required,
    /** for `setup` */
    username: Text,
    email: Text,
    display_name: Text,
  }),
  output: z.object({
    username: z.string(),
    /** of the first administrator, shown once: for `MLFLOW_TRACKING_TOKEN` */
    token: z.string().optional(),
    /** for `MLFLOW_TRACKING_URI`, where the server knows by which address it is reached */
    tracking_uri: z.string().optional(),
  }),
  bodyLimit: 16_384,
})

export const requestPasswordReset = endpoint({
  method: 'POST',
  path: '/api/assay/password-reset',
  summary: 'Be mailed a link to set a new password. Answered alike whether there is such a user or not.',
  permission: everyone,
  input: z.object({
    /** or the mail address */
    username: Required.max(320),
  }),
  output: Nothing,
  bodyLimit: 16_384,
})

export const makeLink = endpoint({
  method: 'POST',
  path: '/api/assay/users/{username}/link',
  summary: 'A new link for a user to set a password; it ends the older ones. Three in an hour at most.',
  permission: administrator,
  input: z.object({
    username: Required,
    /** give the link even where it could be mailed: for who gets no mail */
    by_hand: z.boolean().default(false),
  }),
  output: z.object({
    mailed: z.boolean(),
    /** to hand out, where it is not mailed; shown once */
    link: z.string().optional(),
    /** hours from now, or from when it is mailed */
    hours: z.number(),
  }),
})

export const listMails = endpoint({
  method: 'GET',
  path: '/api/assay/mails',
  summary: 'Mails that wait, that were sent, or that were given up with the reason; the newest first.',
  permission: administrator,
  input: z.object({ state: z.enum(['waiting', 'sent', 'failed']), max_results: pageSize(100, 1000) }),
  output: z.object({
    /** whether mail is configured: without, what waits is not sent */
    mail: z.boolean(),
    mails: z.array(
      z.object({
        mail_id: AnswerInt64,
        to: z.string(),
        letter: z.enum(['invite', 'reset', 'access-changed', 'access-request']),
        created_at: AnswerInt64,
        attempts: z.number(),
        next_attempt_at: AnswerInt64.optional(),
        sent_at: AnswerInt64.optional(),
        failed_at: AnswerInt64.optional(),
        last_error: z.string().optional(),
      }),
    ),
  }),
})
