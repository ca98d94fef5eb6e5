import type { Sql } from '#kit/sql.ts'

/**
 * What a field holds: `number` a double, `integer` a whole number, `text` a string, `time` milliseconds since the epoch, `id` an
 * integer which MLflow writes in quotes.
 */
export type Kind = 'number' | 'integer' | 'text' | 'time' | 'id'

export type Operator =
  | '='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | 'LIKE'
  | 'NOT LIKE'
  | 'ILIKE'
  | 'NOT ILIKE'
  | 'RLIKE'
  | 'NOT RLIKE'
  | 'IN'
  | 'NOT IN'
  | 'BETWEEN'
  | 'NOT BETWEEN'
  | 'IS NULL'
  | 'IS NOT NULL'

/**
 * A written time: all milliseconds from `first` to `last`. '2026-11-01' is that whole day (UTC), so that `=` finds the day
 * and `<=` includes it. A number is one millisecond; a number between two of them is none (first > last).
 */
export type Span = { first: bigint; last: bigint }
export type Value = number | string | bigint | Span

export type Field = { entity: string; key: string; kind: Kind }

/** `values` has no member for IS [NOT] NULL, two for [NOT] BETWEEN, one or more for [NOT] IN, one for the others. */
export type Comparison = { type: 'comparison'; operator: Operator; values: readonly Value[] } & Field

/**
 * The logic has two values: a comparison with something that the row does not have is false (also `!=`, NOT IN, NOT LIKE),
 * except IS NULL; NOT turns false into true, so `NOT (params.a = 'x')` finds the rows without `a` and `params.a != 'x'` does not.
 */
export type Filter = Comparison | { type: 'not'; term: Filter } | { type: 'and' | 'or'; terms: readonly Filter[] }

/** A dataset by name, digest or both. */
export type Dataset = { name?: string | undefined; digest?: string | undefined }

/** `on`: of a key that has several values, only those measured on these datasets; all where it is empty. */
export type OrderKey = Field & { descending: boolean; on?: readonly Dataset[] }

/** A family of fields (metrics, tags, attributes …): how they are written, and where their values are. */
export type Entity = {
  /** MLflow's word for it in messages. The one called `attribute` is meant where a field names none. */
  name: string
  aliases: readonly string[]
  /** The known keys, or the kind of all keys where any key will do. */
  keys: Kind | Readonly<Record<string, Kind>>
  /** Other spellings of known keys. */
  synonyms?: Readonly<Record<string, string>>
  /** Whether rows can be ordered by it: then a key has one value at most, or `first` says which one counts. */
  orderable: boolean
  /** Where the values are: in columns of the row, or beside it in rows of their own. */
  place: 'row' | 'beside'
  /** The index that has the values beside the row, if there is one: rows can be found by them, and numbers read in their order. */
  index?: ValueIndex
  /**
   * The column of a key; for one beside the row, also the `from … where …` that finds it there. `first` is the `order by …
   * limit 1` of the value by which rows are ordered, where a key has several.
   */
  value(key: string, on?: readonly Dataset[]): { column: Sql; from: Sql; nullable: boolean; first?: Sql }
}

/**
 * `table` names its rows `v`. `owner` is the column with the key of the row that has the value. Either the index has the key and
 * the first 64 characters of a text, or it has the group of the row (see Within), the key and the settled number: a null there
 * says that the number is still changing and only in the column itself.
 */
export type ValueIndex = { table: Sql; owner: Sql } & (
  | { of: 'beginnings' }
  | { of: 'settled numbers'; group: Sql; settled: Sql }
)

/** One kind of thing that can be searched. To add one is to write one of these. */
export type Subject = {
  name: string
  entities: readonly Entity[]
  /** `from` clause with its alias, and the narrow key that a search returns. */
  from: Sql
  key: Sql
  /** The order when none is asked for, and what is appended to one that is. */
  defaultOrder: readonly OrderKey[]
  tieBreakers: readonly OrderKey[]
}
