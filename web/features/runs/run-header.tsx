import { firstLine, formatDuration } from '../../lib/format.ts'
import { RunDot, Time } from '../../ui/marks.tsx'
import { Status } from '../../ui/status.tsx'
import c from './run-header.module.css'
import { DeletedRun, RunMenu } from './run-menu.tsx'
import type { RunRow } from './runs.ts'

/** What it is: name, status, and its first line of notes. */
export function RunHeader({ row, mayEdit }: { row: RunRow; mayEdit: boolean }) {
  const { info } = row.run
  const note = firstLine(row.tags.get('mlflow.note.content'))
  const ended = info.end_time !== undefined && Number(info.end_time) > 0 ? Number(info.end_time) : undefined
  return (
    <div className={c.header}>
      <div className={c.title}>
        <RunDot color={row.color} size={12} />
        <h1>{row.name}</h1>
        <Status status={info.status} />
        <span className="t3 s12 only-desk">
          <Time ms={info.start_time} />
          {ended !== undefined && `, took ${formatDuration(ended - Number(info.start_time))}`}
        </span>
        {mayEdit && info.lifecycle_stage === 'active' && <RunMenu row={row} />}
      </div>
      {note && note.toLowerCase() !== row.name.toLowerCase() && <p className={c.note}>{note}</p>}
      {info.lifecycle_stage === 'deleted' && <DeletedRun row={row} mayRestore={mayEdit} />}
    </div>
  )
}
