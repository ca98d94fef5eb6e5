import './lib/jitless.ts'
import './ui/layers.css'
import './ui/tokens.css'
import './ui/base.css'
import { createRoot } from 'react-dom/client'
import { fromMlflowHash } from './app/mlflow-urls.ts'
import { Providers } from './app/providers.tsx'
import { createRouter } from './app/router.tsx'
import { prefix } from './lib/document.ts'

// Bookmarks of MLflow's page are hash routes, which no server sees: they are translated here, before the first page is drawn.
const bookmarked = fromMlflowHash(location.hash)
if (bookmarked !== undefined) history.replaceState(null, '', prefix + bookmarked)

const router = createRouter()
window.addEventListener('hashchange', () => {
  const target = fromMlflowHash(location.hash)
  if (target !== undefined) void router.navigate(target, { replace: true })
})

const root = document.getElementById('root')
if (root) createRoot(root).render(<Providers router={router} />)
