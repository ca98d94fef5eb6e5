import { Tooltip } from '@mantine/core'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import c from './copy-button.module.css'

/** Copies the exact value. `what` completes "Copy …". */
export function CopyButton({ value, what }: { value: string; what: string }) {
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), 1500)
    return () => clearTimeout(timer)
  }, [copied])
  const copy = () => void navigator.clipboard.writeText(value).then(() => setCopied(true))
  return (
    <Tooltip label={copied ? 'Copied' : `Copy ${what}`}>
      <button type="button" className={c.copy} aria-label={`Copy ${what}`} onClick={copy}>
        {copied ? (
          <IconCheck size={14} color="var(--approved)" aria-hidden />
        ) : (
          <IconCopy size={14} stroke={1.7} aria-hidden />
        )}
      </button>
    </Tooltip>
  )
}
