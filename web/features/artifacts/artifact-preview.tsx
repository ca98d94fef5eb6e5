import { IconDownload, IconFileOff } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useState } from 'react'
import type { FileInfo } from '#contract'
import { formatBytes } from '../../lib/format.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { DownloadButton } from '../../ui/link-button.tsx'
import { Failed, SkeletonRows, State } from '../../ui/states.tsx'
import c from './artifact-preview.module.css'
import { artifactAddress, beginningQuery } from './artifacts.ts'
import { IMAGE_BYTES, kindOf, nameOf, PREVIEW_BYTES } from './files.ts'
import { TextPreview } from './text-preview.tsx'

const TablePreview = lazy(() => import('./table-preview.tsx').then((module) => ({ default: module.TablePreview })))

/** One file: its path, size, a way to take it, and as much of it as can be looked at safely. */
export function ArtifactPreview({ runId, file }: { runId: string; file: FileInfo }) {
  const size = Number(file.file_size ?? 0)
  return (
    <section className={c.preview} aria-label={`Preview of ${file.path}`}>
      <header className={c.head}>
        <div className="grow">
          <h2>
            <span className="mono">{file.path}</span>
            <CopyButton value={file.path} what="path" />
          </h2>
          <p className="t3 s12">
            {formatBytes(size)}
            {kindOf(file.path) !== 'image' &&
              size > PREVIEW_BYTES &&
              `, the first ${formatBytes(PREVIEW_BYTES)} are shown`}
          </p>
        </div>
        <DownloadButton href={artifactAddress(runId, file.path)} name={nameOf(file.path)}>
          Download
        </DownloadButton>
      </header>
      {kindOf(file.path) === 'image' ? (
        <ImagePreview runId={runId} path={file.path} size={size} />
      ) : (
        <Beginning key={file.path} runId={runId} path={file.path} size={size} />
      )}
    </section>
  )
}

function ImagePreview({ runId, path, size }: { runId: string; path: string; size: number }) {
  const [broken, setBroken] = useState(false)
  if (size > IMAGE_BYTES) return <NoPreview why={`Images above ${formatBytes(IMAGE_BYTES)} are not shown.`} />
  if (broken) return <NoPreview why="The browser cannot read this image." />
  return (
    <div className={c.image}>
      <img src={artifactAddress(runId, path)} alt={nameOf(path)} onError={() => setBroken(true)} />
    </div>
  )
}

function Beginning({ runId, path, size }: { runId: string; path: string; size: number }) {
  const beginning = useQuery(beginningQuery(runId, path, size))
  if (beginning.isPending) return <SkeletonRows what="the file" rows={10} />
  if (beginning.isError)
    return <Failed what="The file could not be read" error={beginning.error} onRetry={() => void beginning.refetch()} />
  const { text, complete } = beginning.data
  if (text === undefined) return <NoPreview why="This is not text, an image or a table." />
  if (text === '') return <NoPreview why="The file is empty." />
  const label = `Contents of ${nameOf(path)}`
  return kindOf(path) === 'table' ? (
    <Suspense fallback={<SkeletonRows what="the table" rows={10} />}>
      <TablePreview text={text} complete={complete} label={label} />
    </Suspense>
  ) : (
    <TextPreview text={text} label={label} />
  )
}

const NoPreview = ({ why }: { why: string }) => (
  <State icon={<IconFileOff size={20} aria-hidden />} title="No preview">
    <p>
      {why} <IconDownload size={14} aria-hidden /> Download it to look at it.
    </p>
  </State>
)
