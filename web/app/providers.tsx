import { MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from 'react-router/dom'
import { styleNonce } from '../lib/document.ts'
import { queryClient } from './query-client.ts'
import type { createRouter } from './router.tsx'
import { cssVariables, theme } from './theme.ts'

export function Providers({ router }: { router: ReturnType<typeof createRouter> }) {
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      defaultColorScheme="auto"
      getStyleNonce={() => styleNonce}
    >
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  )
}
