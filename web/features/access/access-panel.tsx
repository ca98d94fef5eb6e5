import { Button, SegmentedControl } from '@mantine/core'
import { useState } from 'react'
import type { Resource } from '#contract'
import { plural } from '../../lib/format.ts'
import { scrollsByKey } from '../../ui/focusable.ts'
import { FormError } from '../../ui/form.tsx'
import { Time } from '../../ui/marks.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Permission, permissionWord } from '../../ui/permission.tsx'
import t from '../../ui/table.module.css'
import { Who } from '../../ui/who.tsx'
import type { Access, Grant } from './access.ts'
import { useTakeAccess } from './access.ts'
import c from './access-panel.module.css'
import { sectionsOf } from './sections.ts'

const VIEWS = { given: 'As given', account: 'By account' } as const

/** Who may see something, and through what. */
export function AccessPanel({ access, resource }: { access: Access; resource: Resource }) {
  const [view, setView] = useState<keyof typeof VIEWS>('given')
  return (
    <Panel
      title="Access"
      action={
        <SegmentedControl
          aria-label="Show"
          data={[
            { value: 'given', label: `As given ${access.grants.length}` },
            { value: 'account', label: `By account ${access.people.length}` },
          ]}
          value={view}
          onChange={setView}
        />
      }
    >
      <section className={c.scroll} aria-label={VIEWS[view]} {...scrollsByKey}>
        {view === 'given' ? <AsGiven access={access} resource={resource} /> : <ByAccount people={access.people} />}
      </section>
      <p className={t.foot}>
        {access.default_permission === 'NO_PERMISSIONS'
          ? 'Nobody else, but administrators.'
          : `Everybody else may ${permissionWord(access.default_permission).toLowerCase()}: the server’s default.`}
      </p>
    </Panel>
  )
}

function AsGiven({ access, resource }: { access: Access; resource: Resource }) {
  if (access.grants.length === 0) return <p className={c.none}>Nobody was given anything.</p>
  return (
    <table className={`${t.table} ${t.roomy} ${t.stacks}`}>
      <thead>
        <tr>
          <th scope="col">Who</th>
          <th scope="col">May</th>
          <th scope="col">Given</th>
          <th scope="col">
            <span className="vh">Action</span>
          </th>
        </tr>
      </thead>
      {sectionsOf(access.grants).map(({ title, grants }) => (
        <tbody key={title}>
          <tr className={c.section}>
            <th colSpan={4} scope="rowgroup" className={c.title}>
              {title} <span className="t3">{title === 'Denied' ? 'wins over everything above' : grants.length}</span>
            </th>
          </tr>
          {grants.map((grant) => (
            <GrantLine
              key={`${grant.group ?? ''}/${grant.user?.username ?? ''}/${grant.permission}/${grant.resource_id}`}
              grant={grant}
              resource={resource}
              managed={access.access_file !== undefined}
            />
          ))}
        </tbody>
      ))}
    </table>
  )
}

function GrantLine({ grant, resource, managed }: { grant: Grant; resource: Resource; managed: boolean }) {
  const take = useTakeAccess()
  const everywhere = grant.resource_id === '*'
  const name = grant.group ?? grant.user?.username ?? ''
  return (
    <tr>
      <th scope="row">
        <Who
          name={name}
          kind={grant.group === undefined ? 'person' : 'group'}
          note={grant.group === undefined ? grant.user?.display_name : 'group'}
        />
        <FormError error={take.error} />
      </th>
      <td>
        <Permission permission={grant.permission} />
      </td>
      <td className="t2">
        {grant.access_file ? (
          <span className="mono">{grant.access_file}</span>
        ) : (
          `by ${grant.granted_by || 'the server'}`
        )}{' '}
        <Time ms={grant.granted_at} />
        {everywhere && ', for all of them'}
      </td>
      <td className={t.act}>
        {!managed && !everywhere && !grant.access_file && (
          <Button
            size="xs"
            loading={take.isPending}
            aria-label={`Take back ${permissionWord(grant.permission)} from ${name}`}
            onClick={() =>
              take.mutate({
                ...resource,
                ...(grant.group === undefined ? { username: grant.user?.username } : { group: grant.group }),
                permission: grant.permission,
              })
            }
          >
            Take back
          </Button>
        )}
      </td>
    </tr>
  )
}

function ByAccount({ people }: { people: Access['people'] }) {
  if (people.length === 0) return <p className={c.none}>No account comes out with anything.</p>
  return (
    <table className={`${t.table} ${t.roomy} ${t.stacks}`}>
      <thead>
        <tr>
          <th scope="col">{plural(people.length, 'account')}</th>
          <th scope="col">May</th>
          <th scope="col">Through</th>
        </tr>
      </thead>
      <tbody>
        {people.map(({ username, display_name, permissions, through }) => (
          <tr key={username}>
            <th scope="row">
              <Who name={username} note={display_name} />
            </th>
            <td>
              <span className={c.permissions}>
                {permissions.map((permission) => (
                  <Permission key={permission} permission={permission} />
                ))}
              </span>
            </td>
            <td className="t2">{through.map((name) => (name === username ? 'named' : name)).join(', ')}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
