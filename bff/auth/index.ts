// The only door to this folder.
export type { Finding as AuditFinding } from './audit/verify.ts'
export { verifyAudit } from './audit/verify.ts'
export type { Auth } from './auth.ts'
export type { AuthConfig } from './config.ts'
export { authOff } from './off.ts'
export { openAuth } from './open.ts'
export type { Owners } from './owners.ts'
