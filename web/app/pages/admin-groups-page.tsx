import { IconUsers } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { GroupForm } from '../../features/admin/group-form.tsx'
import { GroupPanel } from '../../features/admin/group-panel.tsx'
import { groupsQuery } from '../../features/admin/groups.ts'
import { Panel } from '../../ui/panel.tsx'
import { Failed, SkeletonRows, State } from '../../ui/states.tsx'
import c from './tabbed-layout.module.css'

/** Groups, to which access is given as to users. */
export function Component() {
  const groups = useQuery(groupsQuery)
  return (
    <div className={c.columns}>
      <h1 className="vh">Groups</h1>
      <div className={c.pile}>
        {groups.isPending && <SkeletonRows what="groups" />}
        {groups.isError && (
          <Failed what="The groups could not be read" error={groups.error} onRetry={() => void groups.refetch()} />
        )}
        {groups.data?.length === 0 && (
          <State icon={<IconUsers size={20} aria-hidden />} title="No groups yet">
            <p>
              What is given to a group, everyone in it has. Groups also come from access files and sign-in providers.
            </p>
          </State>
        )}
        {groups.data?.map((group) => (
          <GroupPanel key={group.name} group={group} />
        ))}
      </div>
      <Panel title="New group" padded>
        <GroupForm />
      </Panel>
    </div>
  )
}
