import type { Sender } from './config.ts'
import type { AccessChange, Letter } from './letters.ts'

/** A letter as it is read. `link` is what its button opens. */
export type Rendered = { subject: string; text: string; html: string }

type Draft = { subject: string; paragraphs: string[]; button: { label: string; url: string }; after: string[] }

/** `url` is the one-time link of an invitation or a reset; it is good for `hours`. */
export function renderLetter(letter: Letter, sender: Sender, link?: { url: string; hours: number }): Rendered {
  const { subject, paragraphs, button, after } = draft(letter, sender, link)
  return {
    subject: oneLine(subject),
    text: [...paragraphs.map(oneLine), `${oneLine(button.label)}:\n${button.url}`, ...after.map(oneLine), ''].join(
      '\n\n',
    ),
    html: [
      '<!doctype html><html><body style="font-family: sans-serif; line-height: 1.5; max-width: 36em">',
      ...paragraphs.map(paragraph),
      `<p><a href="${escaped(button.url)}">${escaped(oneLine(button.label))}</a></p>`,
      ...after.map(paragraph),
      '</body></html>',
    ].join('\n'),
  }
}

function draft(letter: Letter, { organisation, address }: Sender, link?: { url: string; hours: number }): Draft {
  switch (letter.letter) {
    case 'invite': {
      const { username, by } = letter.content
      return {
        subject: `${organisation}: your access to Assay`,
        paragraphs: [
          `${by ? `${by} has added you` : 'You were added'} to Assay of ${organisation}, where experiments and models are tracked and reviewed.`,
          `Your username is ${username}.`,
        ],
        button: { label: 'Choose a password and sign in', url: required(link).url },
        after: [oneTime(required(link).hours), 'If you did not expect this, do nothing.'],
      }
    }
    case 'reset':
      return {
        subject: `${organisation}: a new password for Assay`,
        paragraphs: [`Someone asked for a new password of ${letter.content.username} in Assay of ${organisation}.`],
        button: { label: 'Choose a new password', url: required(link).url },
        after: [oneTime(required(link).hours), 'If it was not you, do nothing: your password stays as it is.'],
      }
    case 'access-changed': {
      const { by, changes } = letter.content
      return {
        subject: `${organisation}: your access in Assay has changed`,
        paragraphs: [`${by || 'The access files'} changed what you may do:`, ...changes.map(changed)],
        button: { label: 'Open Assay', url: `${address}/` },
        after: [],
      }
    }
    case 'access-request': {
      const { username, permission, message, ...thing } = letter.content
      return {
        subject: `${organisation}: ${username} asks for access in Assay`,
        paragraphs: [
          `${username} asks for ${permission} on ${called(thing)}.`,
          ...(message ? [`They write: “${message.slice(0, 500)}”`] : []),
        ],
        button: { label: 'Decide', url: address + pageOf(thing) },
        after: ['You get this because you manage it.'],
      }
    }
  }
}

function required<T>(link: T | undefined): T {
  if (link === undefined) throw new Error('This letter is about a link, and was queued without one')
  return link
}

const oneTime = (hours: number) =>
  `The link works once, within ${hours} ${hours === 1 ? 'hour' : 'hours'}. A newer one replaces it.`

type Thing = Pick<AccessChange, 'resource_type' | 'resource_id' | 'name'>

const called = ({ resource_type, name }: Thing) =>
  `the ${resource_type === 'experiment' ? 'experiment' : 'registered model'} “${name}”`

const changed = ({ permissions, ...thing }: AccessChange) =>
  permissions.length > 0 ? `– ${called(thing)}: ${permissions.join(', ')}` : `– ${called(thing)}: no access any more`

const pageOf = ({ resource_type, resource_id }: Thing) =>
  resource_type === 'experiment'
    ? `/experiments/${encodeURIComponent(resource_id)}/access`
    : `/models/${encodeURIComponent(resource_id)}/access`

/** Names come from people: none may begin a line, a header or a tag of its own, or turn the direction of reading. */
const oneLine = (text: string) => text.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ').trim()

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escaped = (text: string) => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
const paragraph = (text: string) => `<p>${escaped(oneLine(text))}</p>`
