import * as z from 'zod'
import { lookalikeKey } from '#kit/lookalike.ts'
import { characters, isMail } from './names.ts'

/** What a list below `access:` grants. */
export const LEVELS = {
  manage: 'MANAGE',
  edit: 'EDIT',
  use: 'USE',
  read: 'READ',
  review: 'REVIEW',
  approve: 'APPROVE',
  deny: 'NO_PERMISSIONS',
} as const
export type LevelName = keyof typeof LEVELS

const named = (what: string, most: number) =>
  z
    .string('must be text; write it in quotes')
    .min(1, 'must not be empty')
    .max(most, `must have at most ${most} characters`)
    .refine(
      (text) => characters(text) && text.trim() === text,
      `must be ${what} without blanks at its ends or control characters`,
    )

const Holder = z
  .string('must be text')
  .max(320, 'must have at most 320 characters')
  .refine(characters, 'must have no control characters')
  .refine(
    (text) => isMail(text) || /^(group|user):\S/.test(text),
    'must be a mail address (in ASCII), group:NAME, or user:NAME of an account without one',
  )
  .meta({ description: 'A mail address, group:NAME, or user:NAME for an account that has no mail address.' })

const Person = Holder.refine((text) => !text.startsWith('group:'), 'must be a person: groups hold no groups')

const noTwice = (list: readonly string[]) => new Set(list.map(lookalikeKey)).size === list.length
const listOf = (item: z.ZodType<string>, description: string) =>
  z
    .array(item, 'must be a list, such as [lead@example.org]')
    .refine(noTwice, 'names somebody twice')
    .meta({ description })

const Access = z
  .strictObject(
    {
      manage: listOf(Holder, 'May do everything, delete included, but approve.').optional(),
      edit: listOf(Holder, 'May log to it.').optional(),
      use: listOf(Holder, 'May use its models.').optional(),
      read: listOf(Holder, 'May see it.').optional(),
      review: listOf(Holder, 'May see and review it.').optional(),
      approve: listOf(Holder, 'May see and approve it.').optional(),
      deny: listOf(Holder, 'May not see it, whatever else is granted to them.').optional(),
    } satisfies Record<LevelName, z.ZodType>,
    'must be lists below manage, edit, use, read, review, approve or deny',
  )
  .meta({ description: 'Who may do what. Nobody else may.' })

export const ExperimentFile = z
  .strictObject(
    {
      experiment: named('a name', 500)
        .meta({ description: 'Name of the experiment. It is created where there is none.' })
        .optional(),
      description: z
        .string('must be text')
        .max(5000, 'must have at most 5,000 characters')
        .refine((text) => !/[^\P{Cc}\n\t]/u.test(text), 'must have no control characters')
        .meta({ description: 'What the page of the experiment says.' })
        .optional(),
      artifacts: z
        .string('must be text')
        .regex(/^s3:\/\/[^\s/]+(\/\S*)?$/, 'must be s3://bucket/prefix')
        .meta({ description: 'Where its artifacts are kept, out of the allowed buckets. It cannot be changed later.' })
        .optional(),
      access: Access,
      models: z
        .array(
          named('a name', 256).refine((name) => name !== '*', 'must name one model'),
          'must be a list of names',
        )
        .refine(noTwice, 'names a model twice')
        .meta({ description: 'Registered models with the same access, also before they exist.' })
        .optional(),
    },
    'must be settings, such as experiment: NAME',
  )
  .refine(({ experiment, models }) => experiment !== undefined || models?.length, 'must name an experiment, or models')
export type ExperimentFile = z.output<typeof ExperimentFile>

export const GroupsFile = z.strictObject(
  {
    groups: z
      .record(
        named('a name', 255),
        listOf(Person, 'Its members, beside those that an identity provider names.'),
        'must be lists of members by the name of their group',
      )
      .meta({ description: 'Groups and their members. [] is a group whose members an identity provider names.' }),
  },
  'must be settings, such as groups: {team: [lead@example.org]}',
)

/** For editors: one schema for all files of a folder. */
export const accessFileSchema = () => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Access files',
  anyOf: [ExperimentFile, GroupsFile].map((schema) => {
    const { $schema: _one, ...rest } = z.toJSONSchema(schema, { io: 'input' })
    return rest
  }),
})
