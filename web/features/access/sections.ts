import type { PermissionName } from '#contract'
import type { Grant } from './access.ts'

const SECTIONS: readonly { title: string; permissions: readonly PermissionName[] }[] = [
  { title: 'Manage and edit', permissions: ['MANAGE', 'EDIT'] },
  { title: 'Review and approve', permissions: ['APPROVE', 'REVIEW'] },
  { title: 'Read and use', permissions: ['USE', 'READ'] },
  { title: 'Denied', permissions: ['NO_PERMISSIONS'] },
]

/** Grants by what they give, the strongest first; denials last, and they win. Sections without any are left out. */
export const sectionsOf = (grants: readonly Grant[]) =>
  SECTIONS.map(({ title, permissions }) => ({
    title,
    grants: permissions.flatMap((permission) => grants.filter((grant) => grant.permission === permission)),
  })).filter((section) => section.grants.length > 0)
