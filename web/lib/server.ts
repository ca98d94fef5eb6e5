import type { Call, Endpoint, Output } from '#contract'
import { getServer, routeOf } from '#contract'
import { ask } from './api.ts'

let absent: Promise<ReadonlySet<string>> | undefined

const askForAbsent = () =>
  ask(getServer, {}).then(
    (server) => new Set(server.absent),
    () => {
      // what cannot be known now is asked again later, and taken to be there
      absent = undefined
      return new Set<string>()
    },
  )

/** Whether the server has an endpoint: one in front of an MLflow server lacks what only we have. Asked once. */
export async function isThere(endpoint: Endpoint): Promise<boolean> {
  absent ??= askForAbsent()
  return !(await absent).has(routeOf(endpoint))
}

/** As `ask`; null where the server does not have this. */
export const askIfThere = async <E extends Endpoint>(
  endpoint: E,
  input: Call<E>,
  signal?: AbortSignal,
): Promise<Output<E> | null> => ((await isThere(endpoint)) ? ask(endpoint, input, signal) : null)
