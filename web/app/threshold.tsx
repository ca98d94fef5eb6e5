import type { ReactNode } from 'react'
import { Mark } from './mark.tsx'
import c from './threshold.module.css'

type ThresholdProps = {
  title: string
  /** beside what has to be done, on wide screens */
  aside?: ReactNode
  foot?: ReactNode
  children: ReactNode
}

/** The frame of the pages before one is in: nothing but the mark and one box. */
export function Threshold({ title, aside, foot, children }: ThresholdProps) {
  return (
    <main id="content" className={c.threshold} tabIndex={-1}>
      <title>{`${title} · Assay`}</title>
      <div className={c.brand}>
        <Mark />
        Assay
      </div>
      <div className={c.box} data-wide={aside ? true : undefined}>
        <div>{children}</div>
        {aside}
      </div>
      {foot && <p className={c.foot}>{foot}</p>}
    </main>
  )
}
