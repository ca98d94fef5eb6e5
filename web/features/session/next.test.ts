import { expect, test } from 'vitest'
import { safeNext } from './next.ts'

test.each([
  { next: null, to: '/' },
  { next: '', to: '/' },
  { next: '/runs/0a1b', to: '/runs/0a1b' },
  { next: '/experiments/7?filter=a%3D1&sort=loss:asc#top', to: '/experiments/7?filter=a%3D1&sort=loss:asc#top' },
  { next: 'https://evil.example/', to: '/' },
  { next: '//evil.example/', to: '/' },
  { next: '/\\evil.example/', to: '/' },
  { next: '/\t/evil.example/', to: '/' },
  { next: 'javascript:alert(1)', to: '/' },
  { next: 'runs/1', to: '/' },
  { next: '/./../runs', to: '/runs' },
  { next: '/.//evil.example', to: '/' },
])('$next goes on to $to', ({ next, to }) => {
  expect(safeNext(next)).toBe(to)
})
