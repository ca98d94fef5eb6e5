import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer as createSocket } from 'node:net'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createServer } from 'vite'

// `npm run dev -- FLAGS`: Vite answers on the port and swaps modules in the page; what is the API's it hands to the server
// behind it, which starts again when a file below bff/ changes.
const root = join(import.meta.dirname, '..')
const bff = join(root, 'bff')
const { values } = parseArgs({
  strict: false,
  options: { port: { type: 'string', short: 'p', default: '5000' }, host: { type: 'string', default: '127.0.0.1' } },
})
const port = await freePort()
process.env.ASSAY_DEV_API = `http://127.0.0.1:${port}`
const page = await createServer({
  root: join(root, 'web'),
  configFile: join(root, 'vite.config.ts'),
  server: { host: String(values.host), port: Number(values.port), strictPort: true },
})
await page.listen()
page.printUrls()

let server = start()
let restarting: NodeJS.Timeout | undefined
page.watcher.add(bff).on('all', (_event, path) => {
  if (!path.startsWith(bff) || path.endsWith('.test.ts')) return
  clearTimeout(restarting)
  restarting = setTimeout(() => void restart(), 100)
})
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => void stop(server).then(() => process.exit(0)))

function start(): ChildProcess {
  // The page is in front, so the server has its own port; the last of two flags holds.
  const args = ['bff/main.ts', 'serve', ...process.argv.slice(2), '--host=127.0.0.1', `--port=${port}`]
  const { ASSAY_DEV_API: _, ...env } = process.env
  return spawn(process.execPath, args, { cwd: root, env, stdio: 'inherit' })
}

async function restart() {
  page.config.logger.info('server files changed: starting it again', { timestamp: true })
  await stop(server)
  server = start()
}

async function stop(child: ChildProcess) {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  await once(child, 'exit')
}

async function freePort() {
  const socket = createSocket().listen(0, '127.0.0.1')
  await once(socket, 'listening')
  const address = socket.address()
  socket.close()
  return typeof address === 'object' && address ? address.port : 0
}
