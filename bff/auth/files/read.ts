import type * as z from 'zod'
import { invalid } from '#contract'
import { lookalikeKey } from '#kit/lookalike.ts'
import type { YamlFile } from '#kit/yaml-file.ts'
import { readYaml } from '#kit/yaml-file.ts'
import type { Texts } from './folder.ts'
import { digestOf, isAccessFile, LIMITS, textDigest } from './folder.ts'
import { characters, domainOf, isMail } from './names.ts'
import type { LevelName } from './schema.ts'
import { ExperimentFile, GroupsFile, LEVELS } from './schema.ts'

/** Somebody as a file names them: a mail address in lower case, `group:NAME` or `user:NAME`. `at` is file:line:column. */
export type Named = { holder: string; at: string }
type Listed = Named & { permission: (typeof LEVELS)[LevelName] }
type NamedThing = { name: string; at: string }

/** What one file wants. */
export type WantedFile = {
  path: string
  /** SHA-256 of its text */
  digest: string
  experiment: (NamedThing & { description: string | undefined; artifacts: string | undefined }) | undefined
  models: NamedThing[]
  access: Listed[]
}
export type WantedGroup = NamedThing & { members: Named[] }

/** What a folder of access files wants. */
export type Wanted = { digest: string; files: WantedFile[]; groups: WantedGroup[] }

/** `domains`: of the mail addresses that may be named; all where there are none. */
export type ReadRules = { domains: readonly string[] }

export const GROUPS = 'groups.yaml'

/** Reads all files of a folder. Throws INVALID_PARAMETER_VALUE with every problem, a line each with file:line:column. */
export function readWanted(texts: Texts, rules: ReadRules): Wanted {
  const paths = Object.keys(texts).sort()
  const problems = paths.flatMap(pathProblems)
  const wanted: Wanted = { digest: digestOf(texts), files: [], groups: [] }
  for (const path of paths) {
    const text = texts[path] ?? ''
    if (Buffer.byteLength(text) > LIMITS.fileBytes) problems.push(`${path}: is larger than 1 MiB`)
    else if (path === GROUPS) wanted.groups = orProblems(readYaml(path, text, GroupsFile), groupsOf, [], problems)
    else {
      const file = orProblems(
        readYaml(path, text, ExperimentFile),
        (read) => fileOf(path, text, read),
        undefined,
        problems,
      )
      if (file) wanted.files.push(file)
    }
  }
  problems.push(...checkTogether(wanted, rules))
  if (problems.length) throw invalidFiles(problems)
  return wanted
}

export const invalidFiles = (problems: readonly string[]) =>
  invalid(problems.join('\n'), { problems: problems.slice(0, 1000) })

function pathProblems(path: string): string[] {
  const plain = characters(path) && !path.includes('\\') && path.split('/').every((part) => !/^\.|^$/.test(part))
  if (!plain || path.length > 500) return [`${JSON.stringify(path.slice(0, 500))}: is no path of an access file`]
  return isAccessFile(path) ? [] : [`${path}: must end in .yaml`]
}

function orProblems<T, R>(read: YamlFile<T> | string[], make: (read: YamlFile<T>) => R, or: R, problems: string[]): R {
  if (!Array.isArray(read)) return make(read)
  problems.push(...read)
  return or
}

/** Mail addresses are compared in lower case, and so are the accounts that are made for them. */
const canonical = (holder: string) => (isMail(holder) ? holder.toLowerCase() : holder)

const groupsOf = ({ value, at }: YamlFile<z.output<typeof GroupsFile>>): WantedGroup[] =>
  Object.entries(value.groups).map(([name, members]) => ({
    name,
    at: at(['groups', name]),
    members: members.map((member, i) => ({ holder: canonical(member), at: at(['groups', name, i]) })),
  }))

function fileOf(path: string, text: string, { value, at }: YamlFile<ExperimentFile>): WantedFile {
  const { experiment, description, artifacts, access, models = [] } = value
  return {
    path,
    digest: textDigest(text),
    experiment:
      experiment === undefined
        ? undefined
        : { name: experiment, at: at(['experiment']), description: description?.trim(), artifacts },
    models: models.map((name, i) => ({ name, at: at(['models', i]) })),
    access: (Object.keys(LEVELS) as LevelName[]).flatMap((level) =>
      (access[level] ?? []).map((holder, i) => ({
        holder: canonical(holder),
        permission: LEVELS[level],
        at: at(['access', level, i]),
      })),
    ),
  }
}

/** What no file shows by itself. */
function checkTogether({ files, groups }: Wanted, { domains }: ReadRules): string[] {
  const experiments = files.flatMap(({ experiment }) => experiment ?? [])
  const people = [...files.flatMap(({ access }) => access), ...groups.flatMap(({ members }) => members)]
  const entries = people.length + files.reduce((sum, { models }) => sum + models.length, 0)
  return [
    ...(entries > LIMITS.entries ? [`More than ${LIMITS.entries} entries in all files`] : []),
    ...twice(experiments, 'experiment'),
    ...twice(
      files.flatMap(({ models }) => models),
      'model',
    ),
    ...twice(groups, 'group'),
    ...files.flatMap(levelsTwice),
    ...nested(experiments),
    ...files.flatMap(({ path, experiment }) =>
      path.toLowerCase() === GROUPS || path.toLowerCase() === 'groups.yml'
        ? [`${path}: is named like the file of groups, which is ${GROUPS}`]
        : experiment?.name === 'Default'
          ? [`${experiment.at}: Default has no access of its own: let the work go to an experiment with a name`]
          : [],
    ),
    ...people.flatMap(({ holder, at }) =>
      domains.length && isMail(holder) && !domains.includes(domainOf(holder))
        ? [`${at}: ${holder} is outside of the allowed mail domains (${domains.join(', ')})`]
        : [],
    ),
  ]
}

/** One thing in two places, or two that look alike. */
function twice(things: readonly NamedThing[], what: string): string[] {
  const seen = new Map<string, NamedThing>()
  return things.flatMap((thing) => {
    const key = lookalikeKey(thing.name)
    const first = seen.get(key)
    if (!first) seen.set(key, thing)
    return !first
      ? []
      : first.name === thing.name
        ? [`${thing.at}: ${what} ${thing.name} is in ${first.at} already`]
        : [`${thing.at}: ${what} ${thing.name} looks like ${first.name} in ${first.at}`]
  })
}

const LADDER = ['READ', 'USE', 'EDIT', 'MANAGE']

/** Of READ, USE, EDIT and MANAGE each includes those before, so one is enough; and who is denied is given nothing. */
function levelsTwice({ access }: WantedFile): string[] {
  const seen = new Map<string, Listed[]>()
  return access.flatMap((listed) => {
    const key = lookalikeKey(listed.holder)
    const before = seen.get(key) ?? []
    seen.set(key, [...before, listed])
    const other = before.find(({ permission }) => clash(permission, listed.permission))
    return other ? [`${listed.at}: ${listed.holder} is in ${other.at} already: name them once`] : []
  })
}

const clash = (a: string, b: string) =>
  a === 'NO_PERMISSIONS' || b === 'NO_PERMISSIONS' || (LADDER.includes(a) && LADDER.includes(b))

/** A place within another would be seen by whoever sees that one, past this server. */
function nested(experiments: readonly (NamedThing & { artifacts: string | undefined })[]): string[] {
  const placed = experiments.flatMap(({ at, artifacts }) => (artifacts ? [{ at, place: withSlash(artifacts) }] : []))
  placed.sort((a, b) => (a.place < b.place ? -1 : 1))
  return placed.flatMap(({ at, place }, i) => {
    const outer = placed.slice(0, i).findLast((other) => place.startsWith(other.place))
    return outer ? [`${at}: its artifacts would be within those of ${outer.at}`] : []
  })
}

export const withSlash = (place: string) => `${place.replace(/\/+$/, '')}/`
