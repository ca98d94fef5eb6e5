import { acceptCompletion, autocompletion, completionStatus } from '@codemirror/autocomplete'
import { setDiagnostics } from '@codemirror/lint'
import { EditorState, Prec } from '@codemirror/state'
import { EditorView, keymap, placeholder } from '@codemirror/view'
import { minimalSetup } from 'codemirror'
import type { RefObject } from 'react'
import { useEffect, useLayoutEffect, useRef } from 'react'
import { styleNonce } from '../../lib/document.ts'
import type { Vocabulary } from './completions.ts'
import { completer } from './completions.ts'

export type FilterProblem = { message: string; position: number; length: number }

type FilterEditorProps = {
  value: string
  /** what was typed before the editor was there */
  typed: string
  /** the filter that was last given from here: only another one replaces what stands there */
  applied: RefObject<string>
  /** whether that was being typed at that moment: then the editor goes on from it */
  takeFocus: RefObject<boolean>
  label: string
  hint: string
  vocabulary: Vocabulary
  problem: FilterProblem | undefined
  onType: (text: string) => void
  onApply: (text: string) => void
}

const oneLine = [
  EditorState.transactionFilter.of((transaction) => (transaction.newDoc.lines > 1 ? [] : transaction)),
  EditorView.clipboardInputFilter.of((text) => text.replaceAll(/\s*\n\s*/g, ' ')),
]

const look = EditorView.theme({
  '&': { fontSize: 'var(--field-fz)', height: '100%', background: 'transparent' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': {
    fontFamily: 'var(--mono)',
    lineHeight: '20px',
    overflowX: 'auto',
    scrollbarWidth: 'none',
    alignItems: 'center !important',
  },
  '.cm-content': { padding: '0', minHeight: 'auto', caretColor: 'var(--text)', fontSize: '.9231em' },
  '.cm-line': { padding: '0 4px 0 0' },
  '.cm-placeholder': { color: 'var(--text-3)', fontFamily: 'var(--font)' },
  '.cm-lintRange-error': { backgroundImage: 'none', borderBottom: '2px solid var(--failed)' },
  '.cm-lintPoint-error::after': { borderBottomColor: 'var(--failed)' },
  '.cm-tooltip': {
    background: 'var(--bg-raised)',
    color: 'var(--text)',
    border: '1px solid var(--line-2)',
    borderRadius: 'var(--r-panel)',
    boxShadow: 'var(--sh-2)',
    zIndex: '30',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': {
    fontFamily: 'var(--mono)',
    fontSize: 'var(--fs-12)',
    maxHeight: '240px',
    minWidth: '320px',
    maxWidth: 'min(520px, 92vw)',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': {
    padding: '4px 10px',
    display: 'flex',
    gap: '12px',
    minHeight: '28px',
    alignItems: 'center',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    background: 'var(--accent-soft)',
    color: 'var(--text)',
    boxShadow: 'inset 2px 0 0 var(--accent)',
  },
  '.cm-completionMatchedText': { textDecoration: 'none', color: 'var(--accent)', fontWeight: '600' },
  '.cm-completionDetail': {
    marginLeft: 'auto',
    fontStyle: 'normal',
    color: 'var(--text-3)',
    fontFamily: 'var(--font)',
  },
})

/** One line of CodeMirror: completion while typing, Enter applies, the mistake is underlined at its characters. */
export function FilterEditor(props: FilterEditorProps) {
  const { value, typed, applied, takeFocus, label, hint, vocabulary, problem, onType, onApply } = props
  const host = useRef<HTMLDivElement>(null)
  const editor = useRef<EditorView>(null)
  // the editor outlives renders: it reads what is current through this
  const current = useRef({ typed, label, hint, vocabulary, onType, onApply })
  useEffect(() => {
    current.current = { typed, label, hint, vocabulary, onType, onApply }
  })
  // before the next key comes: no letter falls between the plain field and the editor
  useLayoutEffect(() => {
    if (!host.current) return
    // made once; later values come through the effects below
    const { typed, label, hint } = current.current
    const view = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: typed,
        selection: { anchor: typed.length },
        extensions: [
          EditorView.cspNonce.of(styleNonce),
          Prec.highest(
            keymap.of([
              {
                key: 'Enter',
                run: (view) => (completionStatus(view.state) === 'active' && acceptCompletion(view)) || apply(view),
              },
              { key: 'Tab', run: acceptCompletion },
            ]),
          ),
          minimalSetup,
          oneLine,
          autocompletion({
            override: [completer(() => current.current.vocabulary)],
            icons: false,
            selectOnOpen: false,
          }),
          placeholder(hint),
          EditorView.contentAttributes.of({ 'aria-label': label, 'aria-multiline': 'false', tabindex: '0' }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) current.current.onType(update.state.doc.toString())
          }),
          look,
        ],
      }),
    })
    const apply = (view: EditorView) => {
      current.current.onApply(view.state.doc.toString())
      return true
    }
    editor.current = view
    if (takeFocus.current) view.focus()
    return () => view.destroy()
  }, [takeFocus])

  useEffect(() => {
    const view = editor.current
    if (view && applied.current !== value && view.state.doc.toString() !== value)
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: value } })
  }, [value, applied])

  useEffect(() => {
    const view = editor.current
    if (!view) return
    const end = view.state.doc.length
    const from = Math.min(problem?.position ?? 0, end)
    const to = Math.min(from + (problem?.length ?? 0), end)
    view.dispatch(
      setDiagnostics(view.state, problem ? [{ from, to, severity: 'error', message: problem.message }] : []),
    )
  }, [problem])

  return <div ref={host} style={{ flex: 1, minWidth: 0, height: '100%' }} />
}
