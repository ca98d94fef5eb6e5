import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

// Half of a start is reading code; the next one then finds it compiled. Not in the shared /tmp, where others could plant some.
enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/node'))

const { run } = await import('./commands.ts')
await run(process.argv.slice(2))
