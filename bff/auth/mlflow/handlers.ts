import type { Attempt } from '../identify/identify.ts'
import type { AuthParts } from '../parts.ts'
import { permissionHandlers } from './permissions.ts'
import { roleHandlers } from './roles.ts'
import { userHandlers } from './users.ts'

/** MLflow's own API of users, permissions and roles, for its AuthServiceClient. */
export const mlflowHandlers = (parts: AuthParts & { attempt: Attempt }) => ({
  ...userHandlers(parts),
  ...permissionHandlers(parts),
  ...roleHandlers(parts),
})
