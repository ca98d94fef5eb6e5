import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query'
import { kindOfProblem } from '../lib/api.ts'

/** A refusal may mean that something was taken from the reader: what is on the screen is asked for again. */
function lookAgain(error: unknown) {
  if (kindOfProblem(error) !== 'forbidden') return
  void queryClient.invalidateQueries({ predicate: ({ state }) => state.status === 'success' })
}

/** The one cache. Lists are fresh for 15 s; what failed on the server's side is asked again twice, a refusal never. */
export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: lookAgain }),
  mutationCache: new MutationCache({ onError: lookAgain }),
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      retry: (failures, error) => failures < 2 && kindOfProblem(error) === 'failed',
      retryDelay: (attempt) => 300 * 2 ** attempt,
    },
  },
})
