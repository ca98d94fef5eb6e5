// The only door to this folder.
export type { Auth } from './auth.ts'
export { authOff } from './off.ts'
