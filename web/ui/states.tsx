import { Button } from '@mantine/core'
import { IconAlertCircle, IconCopy } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useEffect, useState } from 'react'
import { scrollsByKey } from './focusable.ts'
import c from './states.module.css'

type StateProps = {
  icon?: ReactNode
  title: string
  children?: ReactNode
  actions?: ReactNode
  level?: 'h1' | 'h2' | 'p'
}

/** What stands where content would be: an icon, a sentence that names it, what to do. */
export function State({ icon, title, children, actions, level = 'p' }: StateProps) {
  const Title = level
  return (
    <div className={c.state}>
      {icon}
      <Title className={c.title}>{title}</Title>
      {children}
      {actions && <div className={c.actions}>{actions}</div>}
    </div>
  )
}

/** Nothing here yet, and the lines that change it. */
export function Empty({
  icon,
  title,
  code,
  children,
}: {
  icon: ReactNode
  title: string
  code: string
  children?: ReactNode
}) {
  return (
    <State icon={icon} title={title}>
      {children}
      <pre className={c.code} {...scrollsByKey}>
        {code}
      </pre>
    </State>
  )
}

/** What failed, what to do, and the details to hand to whoever runs the server. */
export function Failed({ what, error, onRetry }: { what: string; error: unknown; onRetry?: () => void }) {
  const reason = error instanceof Error ? error.message : String(error)
  return (
    <div role="alert">
      <State
        icon={<IconAlertCircle size={20} color="var(--failed)" aria-hidden />}
        title={what}
        actions={
          <>
            {onRetry && (
              <Button size="xs" onClick={onRetry}>
                Try again
              </Button>
            )}
            <Button
              size="xs"
              variant="subtle"
              leftSection={<IconCopy size={14} aria-hidden />}
              onClick={() => void navigator.clipboard.writeText(`${what}\n${reason}\n${location.href}`)}
            >
              Copy details
            </Button>
          </>
        }
      >
        <p className={c.reason}>{reason}</p>
      </State>
    </div>
  )
}

/** True after `ms`: what loads faster than that shows no skeleton. */
function useLater(ms: number): boolean {
  const [later, setLater] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLater(true), ms)
    return () => clearTimeout(timer)
  }, [ms])
  return later
}

const WIDTHS = [48, 62, 40, 55, 36, 58, 44, 66]

/** Rows in the shape of what comes, after 150 ms; after 4 s it says so. */
export function SkeletonRows({ rows = 8, what }: { rows?: number; what: string }) {
  const shown = useLater(150)
  const slow = useLater(4000)
  return (
    <div className={c.skeleton} data-shown={shown || undefined} aria-busy="true">
      <span className="vh" role="status">{`Loading ${what}`}</span>
      {Array.from({ length: rows }, (_, i) => i).map((i) => (
        <div key={i}>
          <span style={{ width: 14 }} />
          <span style={{ width: `${WIDTHS[i % WIDTHS.length]}%` }} />
          <span className="end" style={{ width: 52 }} />
          <span style={{ width: 44 }} />
        </div>
      ))}
      {slow && <p className="t2">{`Still loading ${what}. The server is slow to answer.`}</p>}
    </div>
  )
}
