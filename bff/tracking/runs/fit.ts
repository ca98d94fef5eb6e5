import type { KeyValue } from '#contract'
import { codePoints, invalid } from '#contract'

const PARAM_LIMIT = 6000
const TAG_LIMIT = 8000

/** Over-long values are cut, as MLflow does, or refused where MLFLOW_TRUNCATE_LONG_VALUES is false. Lengths are in code points. */
function fitted(pairs: readonly KeyValue[], what: 'param' | 'tag', limit: number, truncate: boolean): KeyValue[] {
  return pairs.map(({ key, value }) => {
    if (value.length <= limit || codePoints(value) <= limit) return { key, value }
    if (!truncate)
      throw invalid(
        `The value of ${what} '${key}' exceeds the maximum length of ${limit} characters; it has ${codePoints(value)}`,
        { field: 'value' },
      )
    // so many code points are within twice as many units: the rest of a long text is not looked at
    return { key, value: [...value.slice(0, 2 * limit)].slice(0, limit).join('') }
  })
}

export const fitParams = (params: readonly KeyValue[], truncate: boolean) =>
  fitted(params, 'param', PARAM_LIMIT, truncate)
export const fitTags = (tags: readonly KeyValue[], truncate: boolean) => fitted(tags, 'tag', TAG_LIMIT, truncate)

/** A param twice in one batch is refused, even with equal values (mlflow/store/tracking/sqlalchemy_store.py, log_batch). */
export function requireDistinctParams(params: readonly KeyValue[]) {
  const seen = new Set<string>()
  for (const { key } of params) {
    if (seen.has(key))
      throw invalid(
        `Duplicate parameter keys have been submitted: ['${key}']. Please ensure the request contains only one param value per param key.`,
        { field: 'params' },
      )
    seen.add(key)
  }
}
