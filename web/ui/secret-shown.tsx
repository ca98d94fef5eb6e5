import { Button } from '@mantine/core'
import { IconCheck, IconCircleCheck, IconCopy } from '@tabler/icons-react'
import { useState } from 'react'
import c from './secret-shown.module.css'

/** A token or a link, shown this once. */
export function SecretShown({ title, secret }: { title: string; secret: string }) {
  const [copied, setCopied] = useState(false)
  return (
    <div className={c.shown} role="status">
      <p>
        <IconCircleCheck size={16} stroke={1.7} aria-hidden />
        <span>
          <b className="medium">{title}</b> It is shown this once. Copy it now.
        </span>
      </p>
      <div className={c.value}>
        <code>{secret}</code>
        <Button
          size="xs"
          leftSection={copied ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />}
          onClick={() => void navigator.clipboard.writeText(secret).then(() => setCopied(true))}
        >
          {copied ? 'Copied' : 'Copy'}
        </Button>
      </div>
    </div>
  )
}
