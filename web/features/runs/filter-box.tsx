import { ActionIcon } from '@mantine/core'
import { IconFilter, IconX } from '@tabler/icons-react'
import type { ComponentProps, RefObject } from 'react'
import { lazy, Suspense, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { ApiError } from '#contract'
import type { Vocabulary } from './completions.ts'
import c from './filter-box.module.css'
import type { FilterProblem } from './filter-editor.tsx'
import { asFilter } from './view.ts'

// CodeMirror is larger than the rest of the page: it comes by itself, and until then a plain field of the same size serves
const FilterEditor = lazy(() => import('./filter-editor.tsx').then((module) => ({ default: module.FilterEditor })))

const LABEL = 'Filter runs'
const HINT = "metrics.val_loss < 0.3 and params.model = 'tree', or part of a name"

type FilterBoxProps = {
  value: string
  onApply: (filter: string) => void
  error: unknown
  vocabulary: Vocabulary
  /** rows of the last filter that was right are still shown */
  oldStays: boolean
}

/** Where the server says the mistake is, in the text as it was typed. */
function problemOf(error: unknown, typed: string): FilterProblem | undefined {
  if (!(error instanceof ApiError) || error.status >= 500) return undefined
  const { position, length } = error.details
  // plain words were wrapped into a comparison: then there is no character of theirs to point at
  const placed = typeof position === 'number' && asFilter(typed) === typed.trim()
  const lead = typed.length - typed.trimStart().length
  return {
    message: error.message,
    position: placed ? position + lead : 0,
    length: placed ? (typeof length === 'number' ? length : 1) : typed.length,
  }
}

export function FilterBox({ value, onApply, error, vocabulary, oldStays }: FilterBoxProps) {
  const [typed, setTyped] = useState(value)
  // one's own filter comes back through the address a moment later: what was typed since then stays
  const applied = useRef(value)
  useEffect(() => {
    if (applied.current === value) return
    applied.current = value
    setTyped(value)
  }, [value])
  const problem = typed === value ? problemOf(error, value) : undefined
  const plainHadFocus = useRef(false)
  const [cleared, setCleared] = useState(0)
  const apply = (text: string) => {
    applied.current = text.trim()
    onApply(applied.current)
  }
  const clear = () => {
    setTyped('')
    setCleared(cleared + 1)
    apply('')
  }
  return (
    <div className={c.whole}>
      <search className={c.box} data-wrong={problem ? true : undefined} id="run-filter">
        <IconFilter size={16} stroke={1.7} aria-hidden />
        <Suspense
          fallback={
            <PlainField
              value={typed}
              onChange={({ target }) => setTyped(target.value)}
              onKeyDown={({ key }) => key === 'Enter' && apply(typed)}
              hadFocus={plainHadFocus}
            />
          }
        >
          <FilterEditor
            key={cleared}
            value={value}
            typed={typed}
            applied={applied}
            takeFocus={plainHadFocus}
            label={LABEL}
            hint={HINT}
            vocabulary={vocabulary}
            problem={problem}
            onType={setTyped}
            onApply={apply}
          />
        </Suspense>
        {typed !== value && <span className={`${c.hint} t3 s12`}>Enter to filter</span>}
        {typed !== '' && (
          <ActionIcon aria-label="Clear filter" onClick={clear}>
            <IconX size={14} aria-hidden />
          </ActionIcon>
        )}
      </search>
      {problem && (
        <p className={c.problem} role="alert">
          {problem.message}
          {oldStays && <span className="t3"> The old result stays until the filter is right.</span>}
        </p>
      )}
    </div>
  )
}

type PlainFieldProps = ComponentProps<'input'> & { hadFocus: RefObject<boolean> }

/** Serves until the editor is there, which takes over what was typed here, and the focus. */
function PlainField({ hadFocus, ...rest }: PlainFieldProps) {
  const field = useRef<HTMLInputElement>(null)
  useLayoutEffect(() => {
    const element = field.current
    return () => {
      hadFocus.current = document.activeElement === element
    }
  }, [hadFocus])
  return <input ref={field} className={c.plain} aria-label={LABEL} placeholder={HINT} {...rest} />
}

/** For the key `/`. */
export function focusFilter() {
  document.querySelector<HTMLElement>('#run-filter :is(.cm-content, input)')?.focus()
}
