import { Button } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useOutletContext, useSearchParams } from 'react-router'
import { InviteForm, ServiceForm } from '../../features/admin/invite-form.tsx'
import { usersQuery } from '../../features/admin/users.ts'
import { UsersTable } from '../../features/admin/users-table.tsx'
import { plural } from '../../lib/format.ts'
import { paths } from '../../lib/paths.ts'
import type { Session } from '../../lib/session.ts'
import { Panel } from '../../ui/panel.tsx'
import { SearchBox } from '../../ui/search-box.tsx'
import { Failed, SkeletonRows } from '../../ui/states.tsx'
import table from '../../ui/table.module.css'
import c from './tabbed-layout.module.css'

/** Everyone who can sign in, and the services that have tokens. */
export function Component() {
  const { mail } = useOutletContext<Session>()
  const navigate = useNavigate()
  const [search, setSearch] = useSearchParams()
  const words = search.get('q') ?? ''
  const list = useInfiniteQuery(usersQuery(words))
  const users = list.data?.pages.flatMap((page) => page.users) ?? []
  return (
    <div className={c.columns}>
      <h1 className="vh">Accounts</h1>
      <Panel
        title="Accounts"
        action={
          <SearchBox
            size="xs"
            label="Find an account"
            placeholder="Name or mail"
            value={words}
            onChange={(text) => setSearch(text ? { q: text } : {}, { replace: true, preventScrollReset: true })}
          />
        }
      >
        {list.isPending && <SkeletonRows what="accounts" />}
        {list.isError && (
          <Failed what="The accounts could not be read" error={list.error} onRetry={() => void list.refetch()} />
        )}
        {list.isSuccess && users.length === 0 && <p className={table.foot}>{`None has “${words}” in its name.`}</p>}
        {users.length > 0 && <UsersTable users={users} />}
        {users.length > 0 && (
          <div className={table.foot}>
            <span>{`${plural(users.length, 'account')}${list.hasNextPage ? ', and there are more' : ''}`}</span>
            {list.hasNextPage && (
              <Button size="xs" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
                Show more
              </Button>
            )}
          </div>
        )}
      </Panel>
      <div className={c.pile}>
        <Panel title="Invite" padded>
          <InviteForm mail={mail} />
        </Panel>
        <Panel title="New service account" padded>
          <ServiceForm onMade={(username) => void navigate(paths.user(username))} />
        </Panel>
      </div>
    </div>
  )
}
