import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type { FileInfo } from '#contract'
import { ApiError, getArtifact, listArtifacts } from '#contract'
import { addressOf, ask } from '../../lib/api.ts'
import type { Beginning } from './files.ts'
import { decode, nameOf, PREVIEW_BYTES } from './files.ts'

/** One folder of a run; '' is its root. Folders come first, then files, each by name. */
export const folderQuery = (runId: string, path: string) =>
  infiniteQueryOptions({
    queryKey: ['artifacts', runId, 'folder', path],
    queryFn: ({ signal, pageParam }) =>
      ask(listArtifacts, { run_id: runId, path: path || undefined, page_token: pageParam || undefined }, signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_page_token || undefined,
    select: ({ pages }) => pages.flatMap((page) => page.files).sort(byKindThenName),
    staleTime: 60_000,
  })

const byKindThenName = (a: FileInfo, b: FileInfo) =>
  Number(b.is_dir) - Number(a.is_dir) || nameOf(a.path).localeCompare(nameOf(b.path), 'en', { numeric: true })

export const artifactAddress = (runId: string, path: string): string => addressOf(getArtifact, { run_id: runId, path })

/** The first megabyte as text; no text where the bytes are not UTF-8, whatever the name says. */
export const beginningQuery = (runId: string, path: string, size: number) =>
  queryOptions({
    queryKey: ['artifacts', runId, 'beginning', path, size],
    queryFn: async ({ signal }): Promise<Beginning> => {
      const response = await fetch(artifactAddress(runId, path), {
        signal,
        headers: size > PREVIEW_BYTES ? { range: `bytes=0-${PREVIEW_BYTES - 1}` } : {},
      })
      if (!response.ok)
        throw new ApiError(
          response.status === 404 ? 'RESOURCE_DOES_NOT_EXIST' : 'INTERNAL_ERROR',
          `HTTP ${response.status}`,
        )
      return decode(new Uint8Array(await response.arrayBuffer()), size)
    },
    staleTime: 60_000,
  })
