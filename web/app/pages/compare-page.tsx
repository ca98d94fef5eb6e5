import { Switch } from '@mantine/core'
import { IconArrowsDiff } from '@tabler/icons-react'
import { useQueries } from '@tanstack/react-query'
import { Link, useSearchParams } from 'react-router'
import { Comparison } from '../../features/runs/comparison.tsx'
import { runQuery, toRows } from '../../features/runs/runs.ts'
import { plural } from '../../lib/format.ts'
import { paths } from '../../lib/paths.ts'
import { Page } from '../../ui/page.tsx'
import { SkeletonRows, State } from '../../ui/states.tsx'
import c from './compare-page.module.css'

const MOST = 50

/** Some runs side by side, of any experiments. What cannot be read is counted, and not an error. */
export function Component() {
  const [search, setSearch] = useSearchParams()
  const ids = [...new Set((search.get('runs') ?? '').split(',').filter(Boolean))].slice(0, MOST)
  const onlyDifferences = search.get('equal') !== 'show'
  const runs = useQueries({ queries: ids.map((id) => runQuery(id)) })
  const rows = toRows(runs.flatMap((run) => run.data ?? []))
  const unreadable = runs.filter((run) => run.isError).length
  const setEqual = (show: boolean) =>
    setSearch(
      (now) => {
        const next = new URLSearchParams(now)
        if (show) next.set('equal', 'show')
        else next.delete('equal')
        return next
      },
      { replace: true },
    )
  return (
    <Page title={['Comparison']} crumbs={[{ label: 'Experiments', to: paths.experiments() }, { label: 'Comparison' }]}>
      <div className={c.heading}>
        <h1>{`${plural(ids.length, 'run')} compared`}</h1>
        <Switch
          label="Differences only"
          checked={onlyDifferences}
          onChange={(event) => setEqual(!event.currentTarget.checked)}
        />
      </div>
      {unreadable > 0 && (
        <p
          className={c.missing}
          role="status"
        >{`${plural(unreadable, 'run')} cannot be shown: deleted, or not for you to see.`}</p>
      )}
      {ids.length === 0 ? (
        <State icon={<IconArrowsDiff size={20} aria-hidden />} title="No runs to compare">
          <p>
            Tick two or more runs of an <Link to={paths.experiments()}>experiment</Link>, then Compare.
          </p>
        </State>
      ) : runs.some((run) => run.isPending) ? (
        <SkeletonRows what="the runs" rows={10} />
      ) : (
        rows.length > 0 && <Comparison rows={rows} onlyDifferences={onlyDifferences} />
      )}
    </Page>
  )
}
