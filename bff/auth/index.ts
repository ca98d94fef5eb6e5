// The only door to this folder.
export type { Finding as AuditFinding } from './audit/verify.ts'
export { verifyAudit } from './audit/verify.ts'
export type { Auth } from './auth.ts'
export { authOff } from './off.ts'
