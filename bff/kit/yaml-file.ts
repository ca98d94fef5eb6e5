import type { Document } from 'yaml'
import { isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml'
import type * as z from 'zod'

/** A value out of a file, and where in the file each part of it is. */
export type YamlFile<T> = { value: T; at: (path: readonly PropertyKey[]) => string }

/** Refused at once: a small text of many aliases is a large value. */
const MAX_ALIASES = 50

/**
 * A YAML 1.2 text (core schema, one document) as the schema has it, or all that is wrong with it, each with `name:line:column`.
 */
export function readYaml<S extends z.ZodType>(name: string, text: string, schema: S): YamlFile<z.output<S>> | string[] {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, schema: 'core', version: '1.2', prettyErrors: false })
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return `${name}:${line}:${col}`
  }
  // a tag that the schema does not know is a warning only
  const faults = [...document.errors, ...document.warnings]
  if (faults.length) return faults.map(({ pos, message }) => `${place(pos[0])}: ${message}`)
  const at = (path: readonly PropertyKey[]) => place(offsetOf(document, path))
  const content = contentOf(document)
  if (!content) return [`${at([])}: More than ${MAX_ALIASES} aliases`]
  const parsed = schema.safeParse(content.value)
  return parsed.success
    ? { value: parsed.data, at }
    : parsed.error.issues.flatMap((issue) => problemsOf(issue, at, document.hasIn(issue.path as unknown[])))
}

function contentOf(document: Document): { value: unknown } | undefined {
  try {
    return { value: document.toJS({ maxAliasCount: MAX_ALIASES }) }
  } catch {
    return undefined
  }
}

/** Of a value, or of its key where a map has one; of what should hold it where it is absent. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  const last = path.at(-1)
  if (last === undefined) return isNode(document.contents) ? (document.contents.range?.[0] ?? 0) : 0
  const parent = path.length > 1 ? document.getIn(path.slice(0, -1) as unknown[], true) : document.contents
  if (isMap(parent)) {
    const pair = parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(last))
    if (pair && isNode(pair.key) && pair.key.range) return pair.key.range[0]
  }
  const node = document.getIn(path as unknown[], true)
  return isNode(node) && node.range ? node.range[0] : offsetOf(document, path.slice(0, -1))
}

function problemsOf(issue: z.core.$ZodIssue, at: YamlFile<unknown>['at'], isThere: boolean): string[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => `${at([...issue.path, key])}: ${spelled([...issue.path, key])} is not a setting`)
  const what = isThere ? issue.message.replace(/^Invalid input: /, '') : 'is missing'
  return [`${at(issue.path)}: ${issue.path.length ? `${spelled(issue.path)} ` : ''}${what}`]
}

const spelled = (path: readonly PropertyKey[]) =>
  path.map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i ? '.' : ''}${String(part)}`)).join('')
