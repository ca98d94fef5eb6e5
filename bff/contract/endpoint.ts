import type * as z from 'zod'

/** One thing that a request touches, as far as the request names it. */
export type Target =
  | { experiment: string }
  | { run: string }
  | { model: string }
  | { registered_model: string }
  | { experiment_name: string }
  /** a path of the artifact proxy, decoded once; whose it is says the core's `proxyAddress`, and nothing else */
  | { artifact: string }

export type Level = 'read' | 'use' | 'edit' | 'manage' | 'review' | 'approve'

/**
 * What a caller needs: `ask` says what, `of` says of what, read from the parsed input.
 * `public` is for everyone, `any` for everyone who is known; `scoped` is a search whose SQL sees only what the caller may read.
 */
export type Permission<I> =
  | { ask: 'public' | 'any' | 'admin' | 'scoped'; of?: never }
  | { ask: Level; of: (input: I) => readonly Target[] }

/**
 * `json`: parsed input, printed output. `upload`: the body is a stream of bytes, the rest of the input comes from the address.
 * `download`: the answer is a stream of bytes.
 */
export type Transfer = 'json' | 'upload' | 'download'

export type Endpoint<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> = {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** `/api/…` is served below `/ajax-api/…` as well; `{x}` is one segment, `{x…}` the rest of the path. */
  path: `/${string}`
  /** A second method that means the same, as MLflow has for some searches. */
  also?: 'GET' | 'POST'
  summary: string
  permission: Permission<z.output<I>>
  transfer: Transfer
  input: I
  output: O
  /** Largest JSON body in bytes; 16 MiB where nothing is said, 16 KiB of what is for everyone. */
  bodyLimit?: number
}

/** What a handler gets. */
export type Input<E extends Endpoint> = z.output<E['input']>
/** What a caller gives: fields with a default may be left out. */
export type Call<E extends Endpoint> = z.input<E['input']>
/** What a caller gets. */
export type Output<E extends Endpoint> = z.output<E['output']>

type Declaration<I extends z.ZodType, O extends z.ZodType> = Omit<Endpoint<I, O>, 'transfer'> & { transfer?: Transfer }

export const endpoint = <I extends z.ZodType, O extends z.ZodType>(e: Declaration<I, O>): Endpoint<I, O> => ({
  transfer: 'json',
  ...e,
})

/** An endpoint as a list of them names it: `GET /ready`. */
export const routeOf = ({ method, path }: Pick<Endpoint, 'method' | 'path'>): string => `${method} ${path}`

const asks =
  (ask: Level) =>
  <I>(of: (input: I) => readonly Target[]) => ({ ask, of })

export const mayRead = asks('read')
export const mayEdit = asks('edit')
export const mayManage = asks('manage')

export const everyone = { ask: 'public' } as const
export const anyoneKnown = { ask: 'any' } as const
export const administrator = { ask: 'admin' } as const
export const scoped = { ask: 'scoped' } as const

/** Whether an endpoint is about registered models or their versions. */
export const isOfRegistry = ({ path }: Pick<Endpoint, 'path'>): boolean =>
  /\/(registered-models|model-versions)\//.test(path)

export const theRun = (input: { run_id: string }): readonly Target[] => [{ run: input.run_id }]
export const theModel = (input: { model_id: string }): readonly Target[] => [{ model: input.model_id }]
export const theExperiment = (input: { experiment_id: string }): readonly Target[] => [
  { experiment: input.experiment_id },
]
export const theRegisteredModel = (input: { name: string }): readonly Target[] => [{ registered_model: input.name }]
