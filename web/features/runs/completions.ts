import type { CompletionContext, CompletionResult } from '@codemirror/autocomplete'
import { quoteKey } from './view.ts'

/** What the filter box can offer, gathered from the runs that are loaded. */
export type Vocabulary = { fields: readonly KnownField[] }
type KnownField = {
  kind: 'metrics' | 'params' | 'tags'
  key: string
  /** how many of the loaded runs have it */
  filled: number
  of: number
  /** some values of a param or a tag; for a metric its range */
  values: readonly string[]
  range?: string
}

const ATTRIBUTES = ['run_name', 'status', 'start_time', 'end_time', 'user_id', 'run_id', 'artifact_uri']
const STATUSES = ['FINISHED', 'RUNNING', 'FAILED', 'KILLED', 'SCHEDULED']
const NUMBER_OPERATORS = ['>', '>=', '<', '<=', '=', '!=', 'BETWEEN']
const TEXT_OPERATORS = ['=', '!=', 'LIKE', 'ILIKE', 'RLIKE', 'IN', 'NOT IN', 'IS NULL', 'IS NOT NULL']

const PLAIN = /^[A-Za-z_][\w]*$/
const fieldText = (kind: string, key: string) => `${kind}.${PLAIN.test(key) ? key : quoteKey(key)}`

const FIELD = '(?:metrics?|params?|parameters?|tags?|attributes?|attr|run|datasets?)\\.(?:`[^`]*`|"[^"]*"|[\\w./-]+)'
const AFTER_FIELD = new RegExp(`(${FIELD}|\\b(?:${ATTRIBUTES.join('|')}))\\s+([\\w!<>=]*)$`, 'i')
const AFTER_OPERATOR = new RegExp(`(${FIELD}|\\b(?:${ATTRIBUTES.join('|')}))\\s*(?:=|!=|i?like)\\s*(['"]?[^'"]*)$`, 'i')
const AFTER_VALUE = /(?:['")]|\d|\bnull)\s+(\w*)$/i

/** Completes fields, then operators, then values, then what joins two comparisons. */
export function completer(vocabulary: () => Vocabulary) {
  return (context: CompletionContext): CompletionResult | null => {
    const before = context.state.sliceDoc(0, context.pos)
    const { fields } = vocabulary()
    const value = AFTER_OPERATOR.exec(before)
    if (value) return offer(context.pos - (value[2]?.length ?? 0), valuesOf(fields, value[1] ?? ''))
    const joined = AFTER_VALUE.exec(before)
    if (joined)
      return offer(
        context.pos - (joined[1]?.length ?? 0),
        ['AND', 'OR'].map((label) => ({ label, type: 'keyword' })),
      )
    const operator = AFTER_FIELD.exec(before)
    if (operator) return offer(context.pos - (operator[2]?.length ?? 0), operatorsOf(operator[1] ?? ''))
    const word = /[\w.`"@%/-]*$/.exec(before)?.[0] ?? ''
    return word === '' && !context.explicit ? null : offer(context.pos - word.length, fieldsOf(fields))
  }
}

type Offer = CompletionResult['options'][number]

const offer = (from: number, options: Offer[]): CompletionResult | null =>
  options.length > 0 ? { from, options, validFor: /^[\w.`"'@%/ -]*$/ } : null

const fieldsOf = (fields: readonly KnownField[]): Offer[] => [
  ...fields.map(({ kind, key, filled, of, range }) => ({
    label: fieldText(kind, key),
    type: kind,
    detail: [range, filled < of ? `${filled} of ${of} runs` : ''].filter(Boolean).join(', '),
    boost: filled / Math.max(1, of),
  })),
  ...ATTRIBUTES.map((key) => ({ label: `attributes.${key}`, type: 'attributes', detail: 'run' })),
]

const operatorsOf = (field: string): Offer[] =>
  (/^metric|_time$/i.test(field) ? NUMBER_OPERATORS : TEXT_OPERATORS).map((label, i) => ({
    label,
    apply: `${label} `,
    type: 'operator',
    boost: -i,
  }))

function valuesOf(fields: readonly KnownField[], field: string): Offer[] {
  const known = /status$/i.test(field)
    ? STATUSES
    : (fields.find(({ kind, key }) => fieldText(kind, key) === field && kind !== 'metrics')?.values ?? [])
  return known.map((label) => ({ label: `'${label}'`, type: 'value' }))
}
