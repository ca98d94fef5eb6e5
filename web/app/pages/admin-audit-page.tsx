import { Button } from '@mantine/core'
import { IconFilter } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useSearchParams } from 'react-router'
import type { AuditView } from '../../features/admin/audit.ts'
import { auditCsv, auditQuery, NO_FILTERS } from '../../features/admin/audit.ts'
import { AuditFilters } from '../../features/admin/audit-filters.tsx'
import { AuditTable } from '../../features/admin/audit-table.tsx'
import { plural } from '../../lib/format.ts'
import { DownloadButton } from '../../ui/link-button.tsx'
import { Failed, SkeletonRows, State } from '../../ui/states.tsx'
import table from '../../ui/table.module.css'
import c from './admin-audit-page.module.css'

/** What was done, by whom and when. */
export function Component() {
  const [search, setSearch] = useSearchParams()
  const view: AuditView = { ...NO_FILTERS, ...Object.fromEntries(search) }
  const change = (next: Partial<AuditView>) =>
    setSearch(Object.fromEntries(Object.entries({ ...view, ...next }).filter(([, value]) => value !== '')), {
      replace: true,
      preventScrollReset: true,
    })
  const list = useInfiniteQuery(auditQuery(view))
  const rows = list.data?.pages.flatMap((page) => page.rows) ?? []
  return (
    <>
      <h1 className="vh">Audit log</h1>
      <div className={c.bar}>
        <AuditFilters view={view} onChange={change} />
        <DownloadButton href={auditCsv(view)} name="audit.csv">
          As CSV
        </DownloadButton>
      </div>
      {list.isPending && <SkeletonRows what="the audit log" />}
      {list.isError && (
        <Failed what="The audit log could not be read" error={list.error} onRetry={() => void list.refetch()} />
      )}
      {list.isSuccess && rows.length === 0 && (
        <State
          icon={<IconFilter size={20} aria-hidden />}
          title="No entry matches"
          actions={
            <Button size="xs" onClick={() => setSearch({})}>
              Clear filters
            </Button>
          }
        />
      )}
      {rows.length > 0 && (
        <>
          <AuditTable rows={rows} />
          <div className={table.foot}>
            <span>
              {`${plural(rows.length, 'entry', 'entries')}${list.hasNextPage ? ', and there are more' : ''}. Nobody can change or remove one, administrators neither.`}
            </span>
            {list.hasNextPage && (
              <Button size="xs" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
                Show more
              </Button>
            )}
          </div>
        </>
      )}
    </>
  )
}
