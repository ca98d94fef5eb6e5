import type { Endpoints } from '#contract'
import { ApiError, absent } from '#contract'
import type { HandlersOf } from '#kit/route.ts'
import { EVERYTHING } from '#kit/scope.ts'
import { digestOf, readToken, writeToken } from '../search/token.ts'
import { download } from './handlers.ts'
import { previewHeaders } from './headers.ts'
import type { OwnedPlace, Places } from './places.ts'
import type { ArtifactOwner } from './record.ts'

const VALID_MS = 300_000
/** Nothing else that is signed with the key is taken for a ticket. */
const TICKET = digestOf('preview ticket')

type Handlers = Pick<HandlersOf<Endpoints>, 'createRunPreviewTicket' | 'createModelPreviewTicket' | 'openPreview'>

/**
 * Previews by ticket: who may read an artifact is asked when the ticket is made, and the ticket, signed with the key that all
 * replicas share, names the one file. So what runs in a preview was reached without a cookie and finds none.
 */
export function previewHandlers(places: Places, key: Buffer, now: () => number = Date.now): Handlers {
  async function ticketFor({ store, path, root, owner }: OwnedPlace) {
    const name = path.at(-1) ?? ''
    const found = await store.stat(path)
    if (!found || found === 'folder' || path.length === root.length) throw absent(`No such artifact: '${name}'`)
    const expires_time = now() + VALID_MS
    const relative = path.slice(root.length).join('/')
    const ticket = writeToken(key, TICKET, [owner.kind, owner.id, relative, String(expires_time)])
    return { url: `/preview/${ticket}/${encodeURIComponent(name)}`, expires_time }
  }

  return {
    createRunPreviewTicket: async ({ run_id, path }, { scope }) =>
      ticketFor(await places.ofRun(scope, run_id, path, 'read')),

    createModelPreviewTicket: async ({ model_id, path }, { scope }) =>
      ticketFor(await places.ofModel(scope, model_id, path, 'read')),

    openPreview: async ({ ticket, name }, { request }) => {
      const { owner, path } = readTicket(key, ticket, now())
      if (path.split('/').at(-1) !== name) throw denied('This is not the address of a preview')
      return download(await places.ofOwner(EVERYTHING, owner, path, 'read'), request, previewHeaders)
    },
  }
}

function readTicket(key: Buffer, ticket: string, now: number) {
  const [kind, id, path, expires_time] = readSigned(key, ticket)
  if (Number(expires_time) < now) throw denied('This preview has expired: open it again from the page')
  return { owner: { kind: kind as ArtifactOwner['kind'], id: id ?? '' }, path: path ?? '' }
}

function readSigned(key: Buffer, ticket: string) {
  try {
    return readToken(key, TICKET, ticket)
  } catch (cause) {
    throw denied('This is not the address of a preview', cause)
  }
}

const denied = (message: string, cause?: unknown) => new ApiError('PERMISSION_DENIED', message, { cause })
