import { expect, test } from 'vitest'
import { configTable, helpText } from './help.ts'
import { masked, maskUrl } from './mask.ts'
import { options, variableOf } from './options.ts'

test('help and the table for the README name every setting', () => {
  for (const { name, only } of options) {
    const shown = only === 'env' ? variableOf(name) : `-${name}`
    expect(helpText()).toContain(shown)
    expect(configTable()).toContain(shown)
  }
})

test('a row of the table has four cells, whatever the texts hold', () => {
  for (const line of configTable().split('\n')) expect(line.replaceAll('\\|', '').split('|')).toHaveLength(6)
})

test.each([
  { why: 'a password', text: 'postgresql://me:geheim@db:1/x', shown: 'postgresql://me:***@db:1/x' },
  {
    why: 'a password in the query',
    text: 'postgresql://db/x?user=a&password=geheim',
    shown: 'postgresql://db/x?user=a&password=***',
  },
  { why: 'an address that does not parse', text: 'postgresql://me:geh@eim@db:x/y', shown: 'postgresql://***@db:x/y' },
  { why: 'an address without secrets', text: 's3://bucket/prefix', shown: 's3://bucket/prefix' },
])('hides $why', ({ text, shown }) => expect(maskUrl(text)).toBe(shown))

test('hides secrets at any depth, by value and by name', () => {
  const shown = masked({
    a: [{ url: 'postgresql://u:geheim@h/d' }],
    accessKey: 'geheim',
    signing: { token: 'geheim', size: 3 },
  })
  expect(JSON.stringify(shown)).not.toContain('geheim')
  expect(shown).toMatchObject({ accessKey: '***', signing: { size: 3 } })
})
