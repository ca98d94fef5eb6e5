import react from '@vitejs/plugin-react'
import type { Plugin } from 'vite'
import { defineConfig } from 'vite'

/** The server fills these two in when it answers with index.html; the dev server does it here. */
const fillPlaceholders: Plugin = {
  name: 'fill-placeholders',
  apply: 'serve',
  transformIndexHtml: (html) => html.replaceAll('__BASE__', '/').replaceAll('__NONCE__', ''),
}

// To look at the page against another server: ASSAY_DEV_API=http://127.0.0.1:5000 npx vite
const api = process.env.ASSAY_DEV_API
const proxied = ['/api', '/ajax-api', '/get-artifact', '/version', '/health']

export default defineConfig({
  root: 'web',
  // Everything relative to <base href>, so that one build serves under any --static-prefix.
  base: './',
  plugins: [react(), fillPlaceholders],
  html: { cspNonce: '__NONCE__' },
  // The Host stays that of the page: the server lets only pages of its own host write.
  server: api ? { proxy: Object.fromEntries(proxied.map((path) => [path, { target: api }])) } : {},
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    manifest: true,
    target: 'es2023',
    // A font or an icon inside CSS as data: would need font-src data: in the policy.
    assetsInlineLimit: 0,
  },
})
