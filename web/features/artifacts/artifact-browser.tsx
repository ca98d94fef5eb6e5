import { IconChevronLeft, IconFileSearch, IconFolderOpen, IconPackage } from '@tabler/icons-react'
import type { UseInfiniteQueryResult } from '@tanstack/react-query'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import type { FileInfo } from '#contract'
import { kindOfProblem } from '../../lib/api.ts'
import { plural } from '../../lib/format.ts'
import { paths } from '../../lib/paths.ts'
import { snippets } from '../../lib/snippets.ts'
import { Empty, Failed, SkeletonRows, State } from '../../ui/states.tsx'
import c from './artifact-browser.module.css'
import { ArtifactPreview } from './artifact-preview.tsx'
import { ArtifactTree } from './artifact-tree.tsx'
import { folderQuery } from './artifacts.ts'
import { folderOf } from './files.ts'

/** The files of a run: the tree, and beside it what is picked. */
export function ArtifactBrowser({ runId, path }: { runId: string; path: string }) {
  const root = useInfiniteQuery(folderQuery(runId, ''))
  const folder = useInfiniteQuery(folderQuery(runId, folderOf(path)))
  const file = folder.data?.find((one) => one.path === path)
  const isFile = file !== undefined && !file.is_dir

  if (root.isPending) return <SkeletonRows what="the files" rows={10} />
  if (root.isError)
    return <Failed what="The files could not be read" error={root.error} onRetry={() => void root.refetch()} />
  if (root.data.length === 0)
    return (
      <Empty icon={<IconPackage size={20} aria-hidden />} title="No artifacts yet" code={snippets.artifact(runId)}>
        <p>Files that the run logs show up here.</p>
      </Empty>
    )
  return (
    <div className={c.split} data-file={isFile || undefined}>
      <div className={c.tree}>
        <ArtifactTree runId={runId} selected={path} />
      </div>
      <div className={c.view}>
        {isFile && (
          <Link className={c.back} to={paths.runArtifacts(runId, folderOf(path))}>
            <IconChevronLeft size={16} aria-hidden />
            All files
          </Link>
        )}
        <View runId={runId} path={path} entries={root.data.length} folder={folder} file={file} />
      </div>
    </div>
  )
}

type ViewProps = {
  runId: string
  path: string
  entries: number
  folder: UseInfiniteQueryResult<FileInfo[]>
  file: FileInfo | undefined
}

function View({ runId, path, entries, folder, file }: ViewProps) {
  if (file && !file.is_dir) return <ArtifactPreview key={path} runId={runId} file={file} />
  if (folder.isPending) return <SkeletonRows what="the file" rows={10} />
  if (folder.isError && kindOfProblem(folder.error) !== 'absent')
    return <Failed what="The file could not be read" error={folder.error} onRetry={() => void folder.refetch()} />
  if (path !== '' && file === undefined)
    return (
      <State icon={<IconFileSearch size={20} aria-hidden />} title="This run has no such file">
        <p className="mono">{path}</p>
      </State>
    )
  return (
    <State icon={<IconFolderOpen size={20} aria-hidden />} title={path || 'Artifacts'}>
      <p>
        {path
          ? 'A folder. Pick a file in it.'
          : `${plural(entries, 'entry', 'entries')} at the top. Pick a file to look at it.`}
      </p>
    </State>
  )
}
