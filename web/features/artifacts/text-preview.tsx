import { useVirtualizer } from '@tanstack/react-virtual'
import { useMemo, useRef } from 'react'
import { scrollsByKey } from '../../ui/focusable.ts'
import c from './text-preview.module.css'

const LINE = 20

/** Any text, with line numbers; only the lines on the screen are drawn. */
export function TextPreview({ text, label }: { text: string; label: string }) {
  const lines = useMemo(() => text.replace(/\n$/, '').split(/\r?\n/), [text])
  const scroller = useRef<HTMLElement>(null)
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE,
    overscan: 30,
  })
  const width = useMemo(() => Math.min(4000, Math.max(...lines.map((line) => line.length))), [lines])
  return (
    <section ref={scroller} className={c.text} aria-label={label} {...scrollsByKey}>
      <pre style={{ height: virtual.getTotalSize(), minWidth: `calc(${width}ch + 5.5rem)` }}>
        {virtual.getVirtualItems().map((item) => (
          <span key={item.index} className={c.line} data-line={item.index + 1} style={{ top: item.start }}>
            {`${lines[item.index] ?? ''}\n`}
          </span>
        ))}
      </pre>
    </section>
  )
}
