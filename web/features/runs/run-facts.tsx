import { Link } from 'react-router'
import { formatDuration, formatIso } from '../../lib/format.ts'
import { paths } from '../../lib/paths.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { Fact, Facts, Panel } from '../../ui/panel.tsx'
import c from './run-facts.module.css'
import type { RunRow } from './runs.ts'

/** The right column: ids, times, source; what MLflow keeps in reserved tags is said in words. */
export function RunDetails({ row }: { row: RunRow }) {
  const { info } = row.run
  const tag = (key: string) => row.tags.get(`mlflow.${key}`)
  const parent = tag('parentRunId')
  const commit = tag('source.git.commit')
  const ended = info.end_time === undefined || Number(info.end_time) === 0 ? undefined : info.end_time
  const source = tag('source.name')
  const branch = tag('source.git.branch')
  return (
    <Panel title="Details" padded>
      <Facts>
        <Fact name="Run id">
          <Exact value={info.run_id} what="run id" />
        </Fact>
        <Fact name="Started">
          <FullTime ms={info.start_time} />
        </Fact>
        <Fact name="Ended">{ended === undefined ? <span className="t3">not yet</span> : <FullTime ms={ended} />}</Fact>
        {ended !== undefined && <Fact name="Took">{formatDuration(Number(ended) - Number(info.start_time))}</Fact>}
        <Fact name="By">{info.user_id || <span className="t3">not said</span>}</Fact>
        {source && (
          <Fact name="Source">
            <Mono value={source} />
          </Fact>
        )}
        {commit && (
          <Fact name="Commit">
            <Exact value={commit} shown={commit.slice(0, 7)} what="commit" />
          </Fact>
        )}
        {branch && (
          <Fact name="Branch">
            <Mono value={branch} />
          </Fact>
        )}
        {parent && (
          <Fact name="Parent">
            <Link className="mono ell" to={paths.run(parent)}>
              {parent.slice(0, 8)}
            </Link>
          </Fact>
        )}
        <Fact name="Artifacts">
          <Mono value={info.artifact_uri} />
        </Fact>
      </Facts>
    </Panel>
  )
}

const Mono = ({ value }: { value: string }) => (
  <span className="mono ell" title={value}>
    {value}
  </span>
)

const Exact = ({ value, shown = value, what }: { value: string; shown?: string; what: string }) => (
  <>
    <span className="mono ell" title={value}>
      {shown}
    </span>
    <CopyButton value={value} what={what} />
  </>
)

const full = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
})

const FullTime = ({ ms }: { ms: number | bigint }) => (
  <time className="tn" dateTime={formatIso(ms)} title={formatIso(ms)}>
    {full.format(new Date(Number(ms)))}
  </time>
)

/** Tags that people set; MLflow's own are in the details. */
export function RunTags({ row }: { row: RunRow }) {
  const tags = [...row.tags].filter(([key]) => !key.startsWith('mlflow.'))
  return (
    <Panel title="Tags" note={tags.length} padded>
      {tags.length === 0 ? (
        <p className="t3">None</p>
      ) : (
        <ul className={c.tags}>
          {tags.map(([key, value]) => (
            <li key={key} title={`${key}: ${value}`}>
              {key} <b>{value}</b>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}

export function RunNotes({ row }: { row: RunRow }) {
  const notes = row.tags.get('mlflow.note.content')
  if (!notes) return null
  return (
    <Panel title="Notes" padded>
      <p className={c.notes}>{notes}</p>
    </Panel>
  )
}

export function RunDatasets({ row }: { row: RunRow }) {
  const datasets = row.run.inputs.dataset_inputs
  if (datasets.length === 0) return null
  return (
    <Panel title="Datasets" note={datasets.length}>
      <ul className={c.datasets}>
        {datasets.map(({ dataset, tags }) => (
          <li key={`${dataset.name} ${dataset.digest}`}>
            <span className="medium ell">{dataset.name}</span>
            <span className="t2">{tags.find(({ key }) => key === 'mlflow.data.context')?.value ?? ''}</span>
            <span className="mono t3 end">{dataset.digest}</span>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
