import { Link } from 'react-router'
import { formatDuration } from '../../lib/format.ts'
import { paths } from '../../lib/paths.ts'
import { RunDot, Time } from '../../ui/marks.tsx'
import { Status } from '../../ui/status.tsx'
import c from './run-lines.module.css'
import type { RunRow } from './runs.ts'

/** A short list of runs: name and experiment, status, when. */
export function RunLines({
  rows,
  nameOf,
  now,
}: {
  rows: readonly RunRow[]
  nameOf: (experimentId: string) => string
  now: number
}) {
  return (
    <ul className={c.lines}>
      {rows.map(({ id, name, shortId, color, run: { info } }) => (
        <li key={id}>
          <RunDot color={color} />
          <div className="grow">
            <Link className="plain medium" to={paths.run(id)}>
              {name}
            </Link>
            <small className="ell">{[nameOf(info.experiment_id), shortId].filter(Boolean).join(' · ')}</small>
          </div>
          <Status status={info.status} />
          <span className={`${c.when} t3 s12`}>
            {info.status === 'RUNNING' ? (
              `for ${formatDuration(now - Number(info.start_time))}`
            ) : (
              <Time ms={info.start_time} />
            )}
          </span>
        </li>
      ))}
    </ul>
  )
}
