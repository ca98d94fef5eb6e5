import { expect, test } from 'vitest'
import { searchLoggedModels } from '#contract'
import { call } from '../../web/lib/client.ts'
import { testServer } from '../test/server.ts'

const server = testServer()

test('no logged model is found, and that is an answer: clients ask whenever they list a folder of a run', async () =>
  expect(await call(searchLoggedModels, { experiment_ids: ['0'] }, server)).toEqual({ models: [] }))
