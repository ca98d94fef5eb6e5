import { QueryClient } from '@tanstack/react-query'
import { kindOfProblem } from '../lib/api.ts'

/** The one cache. Lists are fresh for 15 s; what failed on the server's side is asked again twice, a refusal never. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      retry: (failures, error) => failures < 2 && kindOfProblem(error) === 'failed',
      retryDelay: (attempt) => 300 * 2 ** attempt,
    },
  },
})
