import type { ReactNode } from 'react'
import { useId, useLayoutEffect, useRef } from 'react'
import c from './dialog.module.css'

/** Over the page as long as it is drawn. Escape asks to close it; focus goes back to where it was. */
export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const heading = useId()
  useLayoutEffect(() => {
    const element = dialog.current
    element?.showModal()
    return () => element?.close()
  }, [])
  return (
    <dialog ref={dialog} className={c.dialog} aria-labelledby={heading} onClose={onClose}>
      <h2 id={heading}>{title}</h2>
      {children}
    </dialog>
  )
}

/** The buttons at the foot, the one that does it last. */
export const DialogActions = ({ children }: { children: ReactNode }) => <div className={c.actions}>{children}</div>
