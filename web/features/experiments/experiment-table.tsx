import { Link } from 'react-router'
import type { Experiment, ExperimentSummary } from '#contract'
import { firstLine, formatCount, plural } from '../../lib/format.ts'
import { paths } from '../../lib/paths.ts'
import { Time } from '../../ui/marks.tsx'
import type { SortDirection } from '../../ui/sort-header.tsx'
import { SortButton } from '../../ui/sort-header.tsx'
import t from '../../ui/table.module.css'
import c from './experiment-table.module.css'
import type { ExperimentOrder, ExperimentSort } from './experiments.ts'

/** Not there yet, or null where the server has none. */
type Summaries = ReadonlyMap<string, ExperimentSummary> | undefined | null

type ExperimentTableProps = {
  experiments: readonly Experiment[]
  summaries: Summaries
  order: ExperimentOrder
  onOrder: (order: ExperimentOrder) => void
}

/** `fraud/benefits/claims`: the folders in grey, the name itself in weight. */
function Name({ experiment }: { experiment: Experiment }) {
  const cut = experiment.name.lastIndexOf('/') + 1
  const note = firstLine(experiment.tags.find((tag) => tag.key === 'mlflow.note.content')?.value)
  return (
    <span className={c.name}>
      <Link className="plain ell" to={paths.experiment(experiment.experiment_id)} title={experiment.name}>
        <span className="t3">{experiment.name.slice(0, cut)}</span>
        {experiment.name.slice(cut)}
      </Link>
      {note && <span className={`${c.note} ell`}>{note}</span>}
    </span>
  )
}

function Count({ value, look }: { value: number | undefined; look?: string | undefined }) {
  if (value === undefined) return <span className="t3">–</span>
  return <span className={value === 0 ? 't3' : look}>{formatCount(value)}</span>
}

/** On phones the numbers stand under the name, in words. */
function Phrase({ summary }: { summary: ExperimentSummary | undefined }) {
  return (
    <span className={`${c.phrase} only-phone`}>
      {summary && <span>{plural(summary.runs, 'run')}</span>}
      {!!summary?.running && <span className={c.running}>{`${formatCount(summary.running)} running`}</span>}
      {!!summary?.failed && <span className={c.failed}>{`${formatCount(summary.failed)} failed`}</span>}
    </span>
  )
}

function Figures({ summary }: { summary: ExperimentSummary | undefined }) {
  return (
    <>
      <td className={t.num}>
        <Count value={summary?.runs} />
      </td>
      <td className={t.num}>
        <Count value={summary?.running} look={c.running} />
      </td>
      <td className={t.num}>
        <Count value={summary?.failed} look={c.failed} />
      </td>
      <td className="t2">
        {summary?.last_start_time === undefined ? <span className="t3">–</span> : <Time ms={summary.last_start_time} />}
      </td>
    </>
  )
}

export function ExperimentTable({ experiments, summaries, order, onOrder }: ExperimentTableProps) {
  const directionOf = (by: ExperimentSort): SortDirection =>
    order.by === by ? (order.descending ? 'descending' : 'ascending') : undefined
  const header = (by: ExperimentSort, label: string, className?: string) => (
    <th scope="col" aria-sort={directionOf(by)} className={className}>
      <SortButton
        direction={directionOf(by)}
        onSort={() => onOrder({ by, descending: order.by === by ? !order.descending : by !== 'name' })}
      >
        {label}
      </SortButton>
    </th>
  )
  return (
    <section className={`${t.frame} ${c.frame}`} aria-label="Experiments">
      <table className={`${t.table} ${c.table}`}>
        <thead>
          <tr>
            {header('name', 'Name')}
            {summaries !== null && (
              <>
                <th scope="col" className={`${t.num} ${c.narrow}`}>
                  Runs
                </th>
                <th scope="col" className={`${t.num} ${c.narrow}`}>
                  Running
                </th>
                <th scope="col" className={`${t.num} ${c.narrow}`}>
                  Failed
                </th>
                <th scope="col" className={c.time}>
                  Last run
                </th>
              </>
            )}
            {header('last_update_time', 'Changed', c.time)}
            {header('creation_time', 'Created', c.time)}
          </tr>
        </thead>
        <tbody>
          {experiments.map((experiment) => {
            const summary = summaries?.get(experiment.experiment_id)
            return (
              <tr key={experiment.experiment_id}>
                <th scope="row">
                  <Name experiment={experiment} />
                  <Phrase summary={summary} />
                </th>
                {summaries !== null && <Figures summary={summary} />}
                <td className="t2">
                  <Time ms={experiment.last_update_time} />
                </td>
                <td className="t2">
                  <Time ms={experiment.creation_time} />
                </td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </section>
  )
}
