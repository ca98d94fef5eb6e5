import { readFileSync } from 'node:fs'
import { isCollection, isNode, LineCounter, parseDocument } from 'yaml'
import type * as z from 'zod'

/** What is wrong with an entry, and which of its fields that is. */
export type Problem = { path: PropertyKey[]; message: string }

type Reading<S extends z.ZodType> = {
  flag: string
  file: string
  schema: S
  /** The settings that there are at a place in the file. */
  fieldsAt: (path: readonly PropertyKey[]) => string[]
  /** What is wrong with the entries taken together. */
  check: (data: z.output<S>) => Problem[]
}

/** Settings from a YAML file. Every problem goes to `problems` with the file, its line and the field; then there is no answer. */
export function readYamlFile<S extends z.ZodType>(reading: Reading<S>, problems: string[]): z.output<S> | undefined {
  const { flag, file, schema, fieldsAt, check } = reading
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    problems.push(`${flag}=${file}: cannot be read (${(error as NodeJS.ErrnoException).code}).`)
    return undefined
  }
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const at = (offset: number) => `${file}:${lines.linePos(offset).line}`
  if (document.errors.length) {
    problems.push(...document.errors.map(({ pos, message }) => `${at(pos[0])}: ${message.split('\n')[0]}`))
    return undefined
  }
  const lineOf = (path: readonly PropertyKey[]): string => {
    const node = path.length ? document.getIn(path as unknown[], true) : document.contents
    if (isNode(node) && node.range) return at(node.range[0])
    return path.length ? lineOf(path.slice(0, -1)) : `${file}:1`
  }
  const tell = ({ path, message }: Problem) =>
    problems.push(`${lineOf(path)}: ${path.length ? `${spelled(path)} ` : ''}${message}.`)

  const read = schema.safeParse(isCollection(document.contents) ? document.toJS() : {})
  if (!read.success) {
    for (const issue of read.error.issues) tell(problemOf(issue, document.hasIn(issue.path as unknown[]), fieldsAt))
    return undefined
  }
  const wrong = check(read.data)
  wrong.forEach(tell)
  return wrong.length ? undefined : read.data
}

const spelled = (path: readonly PropertyKey[]) =>
  path.map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i ? '.' : ''}${String(part)}`)).join('')

function problemOf(issue: z.core.$ZodIssue, isThere: boolean, fieldsAt: Reading<z.ZodType>['fieldsAt']): Problem {
  if (issue.code === 'unrecognized_keys')
    return {
      path: [...issue.path, issue.keys[0] ?? ''],
      message: `is not a setting; there are ${fieldsAt(issue.path).join(', ')}`,
    }
  return { path: issue.path, message: isThere ? issue.message.replace(/^Invalid input: /, '') : 'is missing' }
}
