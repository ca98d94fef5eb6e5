import type { Int64 } from '#contract'
import type { Sql } from './sql.ts'
import { raw, sql } from './sql.ts'

/** What of one kind may be seen: all, those listed, or all but those listed. */
export type Sight<T> = 'all' | readonly T[] | { readonly except: readonly T[] }

/** What a caller may see. The core puts it into its SQL; it knows nothing else of who is asking. */
export type Scope = { experiments: Sight<Int64>; registeredModels: Sight<string> }

export const EVERYTHING: Scope = { experiments: 'all', registeredModels: 'all' }
export const NOTHING: Scope = { experiments: [], registeredModels: [] }

// A scope is made once for many requests, and is read in each of them.
const sets = new WeakMap<object, ReadonlySet<string>>()

function setOf(list: readonly unknown[]): ReadonlySet<string> {
  let set = sets.get(list)
  if (!set) {
    set = new Set(list.map(String))
    sets.set(list, set)
  }
  return set
}

/** Whether one thing may be seen. Ids are compared by their digits, whichever type they have. */
export function sees(sight: Sight<unknown>, id: unknown): boolean {
  if (sight === 'all') return true
  return 'except' in sight ? !setOf(sight.except).has(String(id)) : setOf(sight as readonly unknown[]).has(String(id))
}

/** The same as a condition on a column. A list is one parameter, however long it is. */
export function inSight(column: Sql, sight: Sight<unknown>, type: 'bigint' | 'text'): Sql {
  if (sight === 'all') return sql`true`
  return 'except' in sight
    ? sql`${column} <> all (${sight.except}::${raw(type)}[])`
    : sql`${column} = any (${sight}::${raw(type)}[])`
}
