import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Level, PermissionName, Resource } from '#contract'
import { sees } from '#kit/scope.ts'
import { accessOf } from './access.ts'
import { allowedOf, allows, permissionsOn } from './decide.ts'

const LEVELS: Level[] = ['read', 'use', 'edit', 'manage', 'review', 'approve']
const POSITIVE: PermissionName[] = ['READ', 'USE', 'EDIT', 'MANAGE', 'REVIEW', 'APPROVE']

const anyResource = fc.record({
  resource_type: fc.constantFrom('experiment' as const, 'registered_model' as const),
  resource_id: fc.constantFrom('1', '10', '2'),
})
const grantOf = (permissions: PermissionName[]) =>
  fc
    .tuple(anyResource, fc.constantFrom(...permissions), fc.boolean())
    .map(([resource, permission, all]) => ({ ...resource, ...(all && { resource_id: '*' }), permission }))
const anyGrants = fc.array(grantOf([...POSITIVE, 'NO_PERMISSIONS']), { maxLength: 8 })
const anyDefault = fc.constantFrom<PermissionName>('NO_PERMISSIONS', 'READ', 'USE', 'EDIT', 'MANAGE')

type Grant = Resource & { permission: PermissionName }
const levelsOn = (resource: Resource, grants: Grant[], byDefault: PermissionName) =>
  LEVELS.filter((level) => allows(permissionsOn(accessOf(grants, byDefault), resource), level))

describe('whatever was granted', () => {
  test('one more positive grant takes nothing away, and taking it back adds nothing', () => {
    fc.assert(
      fc.property(anyGrants, grantOf(POSITIVE), anyDefault, anyResource, (grants, grant, byDefault, resource) => {
        const before = levelsOn(resource, grants, byDefault)
        expect(levelsOn(resource, [...grants, grant], byDefault)).toEqual(expect.arrayContaining(before))
      }),
    )
  })

  test('all on which a level is held are those on which it is held one by one', () => {
    fc.assert(
      fc.property(anyGrants, anyDefault, anyResource, fc.constantFrom(...LEVELS), (grants, byDefault, one, level) => {
        const access = accessOf(grants, byDefault)
        const all = allowedOf(access, one.resource_type, level)
        expect(sees(all, one.resource_id)).toBe(allows(permissionsOn(access, one), level))
      }),
    )
  })

  test('a denial wins, also over all of its kind and over the default', () => {
    fc.assert(
      fc.property(anyGrants, anyDefault, anyResource, fc.boolean(), (grants, byDefault, resource, all) => {
        const denial = { ...resource, ...(all && { resource_id: '*' }), permission: 'NO_PERMISSIONS' as const }
        expect(levelsOn(resource, [...grants, denial], byDefault)).toEqual([])
      }),
    )
  })

  test('READ is less than USE, than EDIT, than MANAGE; none of them signs off', () => {
    fc.assert(
      fc.property(anyResource, (resource) => {
        const of = (permission: PermissionName) => levelsOn(resource, [{ ...resource, permission }], 'NO_PERMISSIONS')
        expect(
          ['READ', 'USE', 'EDIT', 'MANAGE', 'REVIEW', 'APPROVE'].map((each) => of(each as PermissionName)),
        ).toEqual([
          ['read'],
          ['read', 'use'],
          ['read', 'use', 'edit'],
          ['read', 'use', 'edit', 'manage'],
          ['read', 'review'],
          ['read', 'approve'],
        ])
      }),
    )
  })

  test('what nothing says anything of is denied', () => {
    fc.assert(
      fc.property(anyGrants, anyResource, (grants, resource) => {
        const others = grants.filter(
          (grant) =>
            grant.resource_type !== resource.resource_type ||
            (grant.resource_id !== resource.resource_id && grant.resource_id !== '*'),
        )
        expect(levelsOn(resource, others, 'NO_PERMISSIONS')).toEqual([])
      }),
    )
  })

  test('the order of grants does not matter, nor that one comes twice', () => {
    fc.assert(
      fc.property(anyGrants, anyDefault, anyResource, (grants, byDefault, resource) => {
        const expected = levelsOn(resource, grants, byDefault)
        expect(levelsOn(resource, [...grants.toReversed(), ...grants], byDefault)).toEqual(expected)
      }),
    )
  })

  test('a search sees just what may be read', () => {
    fc.assert(
      fc.property(anyGrants, anyDefault, anyResource, (grants, byDefault, resource) => {
        const access = accessOf(grants, byDefault)
        const sight = resource.resource_type === 'experiment' ? access.scope.experiments : access.scope.registeredModels
        expect(sees(sight, resource.resource_id)).toBe(allows(permissionsOn(access, resource), 'read'))
      }),
    )
  })
})
