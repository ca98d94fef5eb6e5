import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

type Manifest = Record<string, { file: string; isEntry?: boolean; imports?: string[] }>

const limit = 200_000

/** What a browser must load before it shows anything: the entry and all that it imports statically, gzipped. */
export function bundleProblems(dist: string): string[] {
  const manifest: Manifest = JSON.parse(readFileSync(join(dist, '.vite/manifest.json'), 'utf8'))
  const entries = Object.keys(manifest).filter((key) => manifest[key]?.isEntry)
  if (entries.length === 0) return ['the manifest names no entry']
  return entries.flatMap((entry) => {
    const files = [...reach(manifest, entry)].map((key) => manifest[key]!.file)
    const bytes = files.reduce((sum, file) => sum + gzipSync(readFileSync(join(dist, file))).length, 0)
    return bytes <= limit ? [] : [`${entry}: ${kB(bytes)} gzipped in ${files.length} files, the limit is ${kB(limit)}`]
  })
}

function reach(manifest: Manifest, key: string, seen = new Set<string>()): Set<string> {
  if (seen.has(key)) return seen
  seen.add(key)
  for (const next of manifest[key]?.imports ?? []) reach(manifest, next, seen)
  return seen
}

const kB = (bytes: number) => `${(bytes / 1000).toFixed(0)} kB`
