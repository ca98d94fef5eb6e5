/** What the server wrote into index.html: where the app is mounted, and the nonce of this page's styles. */

/** Path of the app with a slash at both ends: `/` or `/some/prefix/`. */
export const basePath = new URL(document.baseURI).pathname

const nonceHolder = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')

/** Styles that libraries add at run time carry this, or the browser refuses them. */
export const styleNonce = nonceHolder?.nonce ?? ''
