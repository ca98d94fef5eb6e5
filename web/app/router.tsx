import type { RouteObject } from 'react-router'
import { createBrowserRouter } from 'react-router'
import { prefix } from '../lib/document.ts'
import { NotFoundPage } from './pages/not-found-page.tsx'
import { RouteProblem } from './route-problem.tsx'
import { Shell } from './shell.tsx'

// One chunk a page: a page module exports `Component` and, where it has data, a `loader` that starts the queries.
const pages: RouteObject[] = [
  { index: true, lazy: () => import('./pages/home-page.tsx') },
  { path: 'experiments', lazy: () => import('./pages/experiments-page.tsx') },
  { path: 'experiments/:experimentId', lazy: () => import('./pages/experiment-page.tsx') },
  { path: 'compare', lazy: () => import('./pages/compare-page.tsx') },
  {
    path: 'runs/:runId',
    lazy: () => import('./pages/run-layout.tsx'),
    children: [
      { index: true, lazy: () => import('./pages/run-overview-page.tsx') },
      { path: 'metrics', lazy: () => import('./pages/run-metrics-page.tsx') },
      { path: 'artifacts/*', lazy: () => import('./pages/run-artifacts-page.tsx') },
    ],
  },
  { path: '*', Component: NotFoundPage },
]

/** While the first page's code loads the shell stands alone. */
const Blank = () => null

export const createRouter = () =>
  createBrowserRouter(
    [
      {
        Component: Shell,
        children: [{ ErrorBoundary: RouteProblem, HydrateFallback: Blank, children: pages }],
      },
    ],
    { basename: prefix || '/' },
  )
