import { Button } from '@mantine/core'
import {
  IconChevronDown,
  IconChevronRight,
  IconFile,
  IconFileText,
  IconFolder,
  IconFolderOpen,
  IconPhoto,
  IconTable,
} from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { NavLink } from 'react-router'
import type { FileInfo } from '#contract'
import { formatBytes, plural } from '../../lib/format.ts'
import { paths } from '../../lib/paths.ts'
import c from './artifact-tree.module.css'
import { folderQuery } from './artifacts.ts'
import { foldersOnTheWay, kindOf, nameOf } from './files.ts'

const ICONS = { image: IconPhoto, table: IconTable, text: IconFileText, unknown: IconFile }

type ArtifactTreeProps = { runId: string; selected: string }

/** Folders open where one stands, or on a click; each is read when it opens. */
export function ArtifactTree({ runId, selected }: ArtifactTreeProps) {
  const [opened, setOpened] = useState<ReadonlyMap<string, boolean>>(new Map())
  const onTheWay = new Set([...foldersOnTheWay(selected), selected])
  const isOpen = (path: string) => opened.get(path) ?? onTheWay.has(path)
  const toggle = (path: string) => setOpened(new Map(opened).set(path, !isOpen(path)))
  return (
    <nav className={c.tree} aria-label="Files">
      <Folder runId={runId} path="" depth={0} isOpen={isOpen} toggle={toggle} />
    </nav>
  )
}

type FolderProps = {
  runId: string
  path: string
  depth: number
  isOpen: (path: string) => boolean
  toggle: (path: string) => void
}

function Folder({ runId, path, depth, isOpen, toggle }: FolderProps) {
  const folder = useInfiniteQuery(folderQuery(runId, path))
  // ids of a tree level: its depth indents it
  const indent = { '--depth': depth } as React.CSSProperties
  if (folder.isError)
    return (
      <p className={c.message} style={indent} role="alert">
        Could not be read.{' '}
        <button type="button" onClick={() => void folder.refetch()}>
          Try again
        </button>
      </p>
    )
  if (!folder.data) return <p className={c.message} style={indent} aria-busy="true" />
  if (folder.data.length === 0 && depth > 0)
    return (
      <p className={c.message} style={indent}>
        Empty
      </p>
    )
  return (
    <ul>
      {folder.data.map((file) => (
        <li key={file.path}>
          {file.is_dir ? (
            <>
              <button
                type="button"
                className={c.line}
                style={indent}
                aria-expanded={isOpen(file.path)}
                onClick={() => toggle(file.path)}
              >
                {isOpen(file.path) ? (
                  <IconChevronDown size={12} aria-hidden />
                ) : (
                  <IconChevronRight size={12} aria-hidden />
                )}
                {isOpen(file.path) ? (
                  <IconFolderOpen size={15} stroke={1.7} aria-hidden />
                ) : (
                  <IconFolder size={15} stroke={1.7} aria-hidden />
                )}
                <span className="ell">{nameOf(file.path)}</span>
              </button>
              {isOpen(file.path) && (
                <Folder runId={runId} path={file.path} depth={depth + 1} isOpen={isOpen} toggle={toggle} />
              )}
            </>
          ) : (
            <FileLine runId={runId} file={file} indent={indent} />
          )}
        </li>
      ))}
      {folder.hasNextPage && (
        <li>
          <Button
            size="xs"
            variant="subtle"
            loading={folder.isFetchingNextPage}
            onClick={() => void folder.fetchNextPage()}
          >
            {`More than ${plural(folder.data.length, 'file')}: show more`}
          </Button>
        </li>
      )}
    </ul>
  )
}

function FileLine({ runId, file, indent }: { runId: string; file: FileInfo; indent: React.CSSProperties }) {
  const Icon = ICONS[kindOf(file.path)]
  return (
    <NavLink
      end
      className={c.line ?? ''}
      style={indent}
      to={paths.runArtifacts(runId, file.path)}
      title={nameOf(file.path)}
      data-file
    >
      <Icon size={15} stroke={1.7} aria-hidden />
      <span className="ell">{nameOf(file.path)}</span>
      {file.file_size !== undefined && <span className={c.size}>{formatBytes(file.file_size)}</span>}
    </NavLink>
  )
}
