import { invalid } from '#contract'

declare const checked: unique symbol

/**
 * The place of an artifact below a root, as checked segments; the empty list is the root itself.
 * Only `artifactPath` makes one, so no text of a caller reaches a file name or an S3 key unchecked.
 */
export type ArtifactPath = readonly string[] & { readonly [checked]: true }

const LIMITS = { segmentBytes: 255, keyBytes: 1024, segments: 32 }

/** What a path can never hold, whatever the platform. `#` because MLflow's clients would cut their URL there. */
const FORBIDDEN = /[\p{Cc}\\#]|%[0-9a-f]{2}/iu
/**
 * How MLflow's clients up to 3.6 name the pictures of a run. The escapes in it are of two digits: what decodes them, however
 * often, gets no dot, slash, backslash or colon.
 */
const PICTURE = /%step%-?\d+%timestamp%\d+%[g-z][0-9a-f-]{35}(?=(%compressed)?\.(png|webp)$)/u
/** A name that means another place, or that some client would take for a drive or a `file:` URL. */
const ELSEWHERE = /^(\.{1,2}$|[a-z]:|\s*file:)/iu

const bytes = (text: string) => Buffer.byteLength(text)

/** Whether a name that is already in the store could have come through `artifactPath`: others are not handed to clients. */
export const isSegment = (name: string) => {
  try {
    return artifactPath(name)[0] === name
  } catch {
    return false
  }
}

/** Checks a text that was percent-decoded exactly once: doubled and trailing slashes fall away, all that escapes is refused. */
export function artifactPath(decoded: string): ArtifactPath {
  if (!decoded.isWellFormed() || FORBIDDEN.test(decoded.replace(PICTURE, '')) || decoded.startsWith('/'))
    throw invalid('Invalid path')
  return checkedPath(decoded.normalize('NFC').split('/').filter(Boolean))
}

/** `path` below `base`: the limits hold for the whole. */
export const below = (base: ArtifactPath, path: ArtifactPath) => checkedPath([...base, ...path])

function checkedPath(segments: string[]): ArtifactPath {
  if (segments.some((segment) => ELSEWHERE.test(segment))) throw invalid('Invalid path')
  for (const segment of segments) {
    if (bytes(segment) > LIMITS.segmentBytes)
      throw invalid(`Invalid path: a name in it is longer than ${LIMITS.segmentBytes} bytes`)
    if (/[.\s]$/u.test(segment)) throw invalid('Invalid path: a name in it ends in a dot or a blank')
  }
  if (segments.length > LIMITS.segments) throw invalid(`Invalid path: it is deeper than ${LIMITS.segments} folders`)
  if (bytes(segments.join('/')) > LIMITS.keyBytes)
    throw invalid(`Invalid path: it is longer than ${LIMITS.keyBytes} bytes`)
  return segments as string[] & ArtifactPath
}

/** What a path of the artifact proxy stands for. `path` is relative to the artifacts of the run or model. */
export type ProxyAddress =
  | { kind: 'run'; experimentId: string; runId: string; path: ArtifactPath; key: ArtifactPath }
  | { kind: 'model'; experimentId: string; modelId: string; path: ArtifactPath; key: ArtifactPath }
  | { kind: 'other'; key: ArtifactPath }

const EXPERIMENT_ID = /^(0|[1-9]\d{0,18})$/
const OWNER_ID = /^[A-Za-z0-9][\w-]{0,255}$/

/**
 * `<experiment_id>/<run_id>/artifacts/…` and `<experiment_id>/models/<model_id>/artifacts/…`; all else is `other`.
 * Ids count in their one canonical spelling only, so `01/…` is never taken for experiment 1.
 */
export function proxyAddress(decoded: string): ProxyAddress {
  const key = artifactPath(decoded)
  const [experimentId = '', owner = '', third = '', fourth = ''] = key
  if (!EXPERIMENT_ID.test(experimentId)) return { kind: 'other', key }
  if (owner === 'models' && OWNER_ID.test(third) && fourth === 'artifacts')
    return { kind: 'model', experimentId, modelId: third, path: checkedPath(key.slice(4)), key }
  if (owner !== 'models' && OWNER_ID.test(owner) && third === 'artifacts')
    return { kind: 'run', experimentId, runId: owner, path: checkedPath(key.slice(3)), key }
  return { kind: 'other', key }
}

/** Where the artifacts of a run (`<run_id>`) or of a model (`models/<model_id>`) are within those of its experiment. */
export const ownerFolder = (owner: string) => artifactPath(`${owner}/artifacts`)

/** Whether a key or an address is within the artifacts of some run or model. Their ids are made by servers only. */
export const isOwned = (text: string) => /(^|\/)(m-)?[0-9a-f]{32}\/artifacts(\/|$)/.test(text)
