import { Button, SegmentedControl, Switch } from '@mantine/core'
import { IconChartLine, IconFilter, IconZoomReset } from '@tabler/icons-react'
import { useId } from 'react'
import { useOutletContext, useSearchParams } from 'react-router'
import type { ChartSettings } from '../../features/metrics/metric-card.tsx'
import { MetricCard } from '../../features/metrics/metric-card.tsx'
import type { Range } from '../../features/metrics/series.ts'
import { sectionsOf } from '../../features/metrics/series.ts'
import type { RunRow } from '../../features/runs/runs.ts'
import { formatCount } from '../../lib/format.ts'
import { snippets } from '../../lib/snippets.ts'
import { SearchBox } from '../../ui/search-box.tsx'
import { Empty, State } from '../../ui/states.tsx'
import c from './run-metrics-page.module.css'

function readSettings(search: URLSearchParams): ChartSettings {
  const [start, end] = (search.get('zoom') ?? '').split('..').map(Number)
  const zoomed = start !== undefined && end !== undefined && start < end
  return {
    x: search.get('x') === 'time' ? 'timestamp' : 'step',
    log: search.get('y') === 'log',
    range: zoomed ? { start, end } : undefined,
  }
}

/** All metrics of a run as charts. Zooming into one zooms all, and is in the address. */
export function Component() {
  const row = useOutletContext<RunRow>()
  const [search, setSearch] = useSearchParams()
  const settings = readSettings(search)
  const find = search.get('find') ?? ''
  const change = (changes: Record<string, string>) =>
    setSearch(
      (now) => {
        const next = new URLSearchParams(now)
        for (const [name, value] of Object.entries(changes)) value ? next.set(name, value) : next.delete(name)
        return next
      },
      { replace: true, preventScrollReset: true },
    )
  const zoom = (range: Range) => change({ zoom: range ? `${Math.floor(range.start)}..${Math.ceil(range.end)}` : '' })

  const keys = [...row.metrics.keys()]
  const found = keys.filter((key) => key.toLowerCase().includes(find.toLowerCase()))
  if (keys.length === 0)
    return (
      <Empty icon={<IconChartLine size={20} aria-hidden />} title="No metrics yet" code={snippets.metric(row.id)}>
        <p>What the run logs shows up here.</p>
      </Empty>
    )
  return (
    <>
      <div className={c.tools} role="toolbar" aria-label="Charts">
        <SearchBox
          className={c.find}
          label="Find a metric"
          placeholder="Part of a name"
          value={find}
          onChange={(text) => change({ find: text })}
        />
        <SegmentedControl
          aria-label="Horizontal axis"
          value={settings.x === 'step' ? 'step' : 'time'}
          onChange={(x) => change({ x: x === 'step' ? '' : x, zoom: '' })}
          data={[
            { label: 'Step', value: 'step' },
            { label: 'Time', value: 'time' },
          ]}
        />
        <Switch
          label="Log scale"
          checked={settings.log}
          onChange={(event) => change({ y: event.currentTarget.checked ? 'log' : '' })}
        />
        {settings.range && (
          <Button
            size="xs"
            variant="light"
            leftSection={<IconZoomReset size={14} aria-hidden />}
            onClick={() => zoom(undefined)}
          >
            Reset zoom
          </Button>
        )}
        <span
          className={`${c.count} t3 s12`}
          role="status"
        >{`${formatCount(found.length)} of ${formatCount(keys.length)} charts`}</span>
      </div>
      {found.length === 0 && (
        <State
          icon={<IconFilter size={20} aria-hidden />}
          title="No metric matches"
          actions={
            <Button size="xs" onClick={() => change({ find: '' })}>
              Clear search
            </Button>
          }
        >
          <p>{`${formatCount(keys.length)} are here, none with “${find}” in its name.`}</p>
        </State>
      )}
      {sectionsOf(found).map((section) => (
        <Section key={section.name} name={section.name} count={section.keys.length}>
          {section.keys.map((metric) => (
            <MetricCard
              key={metric}
              runId={row.id}
              runName={row.name}
              color={row.color}
              metric={metric}
              settings={settings}
              onZoom={zoom}
              live={row.run.info.status === 'RUNNING'}
            />
          ))}
        </Section>
      ))}
    </>
  )
}

function Section({ name, count, children }: { name: string; count: number; children: React.ReactNode }) {
  const heading = useId()
  return (
    <section className={c.section} aria-labelledby={heading}>
      <header>
        <h2 id={heading}>{name}</h2>
        <span className="t3 s12">{formatCount(count)}</span>
      </header>
      <div className={c.cards}>{children}</div>
    </section>
  )
}
