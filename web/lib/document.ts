/** What the server wrote into index.html: where the app is mounted, and the nonce of this page's styles. */

/** Path at which the app is mounted, without a slash at its end: empty, or `/some/prefix`. */
export const prefix = new URL(document.baseURI).pathname.replace(/\/$/, '')

const nonceHolder = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')

/** Styles that libraries add at run time carry this, or the browser refuses them. */
export const styleNonce = nonceHolder?.nonce ?? ''
