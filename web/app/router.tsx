import type { RouteObject } from 'react-router'
import { createBrowserRouter, redirect } from 'react-router'
import { prefix } from '../lib/document.ts'
import { paths } from '../lib/paths.ts'
import { NotFoundPage } from './pages/not-found-page.tsx'
import { RouteProblem } from './route-problem.tsx'
import { Shell } from './shell.tsx'
import { requireSignIn } from './sign-in-guard.ts'

// One chunk a page: a page module exports `Component` and, where it has data, a `loader` that starts the queries.
const pages: RouteObject[] = [
  { index: true, lazy: () => import('./pages/home-page.tsx') },
  { path: 'experiments', lazy: () => import('./pages/experiments-page.tsx') },
  { path: 'experiments/:experimentId', lazy: () => import('./pages/experiment-page.tsx') },
  { path: 'experiments/:experimentId/access', lazy: () => import('./pages/experiment-access-page.tsx') },
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
  {
    path: 'account',
    lazy: () => import('./pages/account-layout.tsx'),
    children: [
      { index: true, lazy: () => import('./pages/account-profile-page.tsx') },
      { path: 'tokens', lazy: () => import('./pages/account-tokens-page.tsx') },
      { path: 'requests', lazy: () => import('./pages/account-requests-page.tsx') },
    ],
  },
  {
    path: 'admin',
    lazy: () => import('./pages/admin-layout.tsx'),
    children: [
      { index: true, loader: () => redirect(paths.users()) },
      { path: 'users', lazy: () => import('./pages/admin-users-page.tsx') },
      { path: 'users/:username', lazy: () => import('./pages/admin-user-page.tsx') },
      { path: 'groups', lazy: () => import('./pages/admin-groups-page.tsx') },
      { path: 'access-files', lazy: () => import('./pages/admin-access-files-page.tsx') },
      { path: 'audit', lazy: () => import('./pages/admin-audit-page.tsx') },
      { path: 'mail', lazy: () => import('./pages/admin-mail-page.tsx') },
    ],
  },
  { path: '*', Component: NotFoundPage },
]

/** What is there before one is signed in. */
const thresholds: RouteObject[] = [
  { path: 'sign-in', lazy: () => import('./pages/sign-in-page.tsx') },
  { path: 'forgot-password', lazy: () => import('./pages/forgot-password-page.tsx') },
  { path: 'set-up', lazy: () => import('./pages/set-up-page.tsx') },
  { path: 'link', lazy: () => import('./pages/link-page.tsx') },
]

/** While the first page's code loads the shell stands alone. */
const Blank = () => null

export const createRouter = () =>
  createBrowserRouter(
    [
      {
        Component: Shell,
        children: [
          { ErrorBoundary: RouteProblem, HydrateFallback: Blank, middleware: [requireSignIn], children: pages },
        ],
      },
      { ErrorBoundary: RouteProblem, HydrateFallback: Blank, children: thresholds },
    ],
    { basename: prefix || '/' },
  )
