import { Button } from '@mantine/core'
import { IconCheck, IconCircleCheck, IconCopy } from '@tabler/icons-react'
import { useState } from 'react'
import c from './token-shown.module.css'

/** A secret, shown this once. */
export function TokenShown({ name, token }: { name: string; token: string }) {
  const [copied, setCopied] = useState(false)
  return (
    <div className={c.shown} role="status">
      <p>
        <IconCircleCheck size={16} stroke={1.7} aria-hidden />
        <span>
          <b className="medium">{`Token “${name}” is made.`}</b> It is shown this once. Copy it now.
        </span>
      </p>
      <div className={c.value}>
        <code>{token}</code>
        <Button
          size="xs"
          leftSection={copied ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />}
          onClick={() => void navigator.clipboard.writeText(token).then(() => setCopied(true))}
        >
          {copied ? 'Copied' : 'Copy'}
        </Button>
      </div>
    </div>
  )
}
