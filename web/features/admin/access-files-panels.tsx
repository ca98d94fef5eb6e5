import { IconAlertTriangle, IconCheck } from '@tabler/icons-react'
import { Link } from 'react-router'
import { formatCount, plural } from '../../lib/format.ts'
import { paths } from '../../lib/paths.ts'
import { Time } from '../../ui/marks.tsx'
import { Fact, Facts, Panel } from '../../ui/panel.tsx'
import t from '../../ui/table.module.css'
import type { AccessFilesStatus } from './access-files.ts'
import c from './access-files-panels.module.css'

/** Files that are in charge, each with what it says who may see. */
export function ManagedFiles({ files }: Pick<AccessFilesStatus, 'files'>) {
  return (
    <Panel title="Files" note={formatCount(files.length)}>
      {files.length === 0 ? (
        <p className={c.none}>None is in charge of anything. All access is given by hand.</p>
      ) : (
        <table className={`${t.table} ${t.stacks}`}>
          <thead>
            <tr>
              <th scope="col">File</th>
              <th scope="col">Experiment</th>
              <th scope="col">Models</th>
            </tr>
          </thead>
          <tbody>
            {files.map(({ path, experiment_id, experiment, models }) => (
              <tr key={path}>
                <th scope="row" className="mono">
                  {path}
                </th>
                <td>
                  {experiment_id === undefined ? (
                    <span className="t3">–</span>
                  ) : (
                    <Link to={paths.experimentAccess(experiment_id)}>{experiment ?? experiment_id}</Link>
                  )}
                </td>
                <td className="t2">{models.join(', ')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  )
}

export function LastApply({ last_apply }: Pick<AccessFilesStatus, 'last_apply'>) {
  return (
    <Panel title="Last applied">
      {last_apply === undefined ? (
        <p className={c.none}>Never.</p>
      ) : (
        <>
          <div className={c.pad}>
            <Facts>
              <Fact name="When">
                <Time ms={last_apply.applied_at} />
              </Fact>
              <Fact name="By">{last_apply.applied_by || 'the server'}</Fact>
              <Fact name="Commit">
                <span className="mono">{last_apply.commit_id ?? '–'}</span>
              </Fact>
              <Fact name="Digest">
                <span className="mono ell" title={last_apply.digest}>
                  {last_apply.digest.slice(0, 16)}
                </span>
              </Fact>
              <Fact name="Changed">{plural(last_apply.changes, 'thing')}</Fact>
            </Facts>
          </div>
          <Lines lines={last_apply.lines} />
        </>
      )}
    </Panel>
  )
}

/** How access differs from the folder that is watched, and why it is not applied. */
export function WatchedFolder({ watch }: { watch: NonNullable<AccessFilesStatus['watch']> }) {
  const { folder, checked_at, drift, error } = watch
  return (
    <Panel title="Watched folder" note={<span className="mono">{folder}</span>}>
      <div className={c.pad}>
        <p className={c.state} data-waits={drift.length > 0 || error !== undefined || undefined}>
          {drift.length > 0 || error ? (
            <IconAlertTriangle size={15} stroke={1.7} aria-hidden />
          ) : (
            <IconCheck size={15} stroke={1.7} aria-hidden />
          )}
          {drift.length > 0 ? `${plural(drift.length, 'change')} not applied` : 'Access is as the folder says'}
        </p>
        <p className="t3 s12">
          Looked at <Time ms={checked_at} />
        </p>
        {error && <p className={c.error}>{error}</p>}
      </div>
      <Lines lines={drift} />
    </Panel>
  )
}

/** `+` gives and `-` takes, as the command prints them. */
function Lines({ lines }: { lines: readonly string[] }) {
  if (lines.length === 0) return null
  return (
    <ul className={c.lines}>
      {lines.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  )
}
