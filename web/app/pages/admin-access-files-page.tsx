import { useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import { accessFilesQuery } from '../../features/admin/access-files.ts'
import { LastApply, ManagedFiles, WatchedFolder } from '../../features/admin/access-files-panels.tsx'
import { plural } from '../../lib/format.ts'
import { paths } from '../../lib/paths.ts'
import { Panel } from '../../ui/panel.tsx'
import { Failed, SkeletonRows } from '../../ui/states.tsx'
import c from './tabbed-layout.module.css'

/** How far access is as the files say: read here, changed in the files. */
export function Component() {
  const status = useQuery(accessFilesQuery)
  if (status.isError)
    return <Failed what="The status could not be read" error={status.error} onRetry={() => void status.refetch()} />
  if (!status.data) return <SkeletonRows what="the status" />
  const { files, last_apply, watch, mails } = status.data
  return (
    <div className={c.columns}>
      <h1 className="vh">Access as code</h1>
      <div className={c.pile}>
        {watch && <WatchedFolder watch={watch} />}
        <ManagedFiles files={files} />
      </div>
      <div className={c.pile}>
        <LastApply last_apply={last_apply} />
        <Panel title="Mails about access" padded>
          <Link
            to={paths.mails()}
          >{`${plural(mails.waiting, 'mail waits', 'mails wait')}, ${mails.failed} given up`}</Link>
        </Panel>
      </div>
    </div>
  )
}
