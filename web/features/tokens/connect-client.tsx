import { SegmentedControl } from '@mantine/core'
import { useState } from 'react'
import type { ClientLanguage } from '../../lib/snippets.ts'
import { CLIENTS, trackingUri } from '../../lib/snippets.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { scrollsByKey } from '../../ui/focusable.ts'
import c from './connect-client.module.css'

/** The lines that point a client here, with a token in them where one was just made. */
export function ConnectClient({ token, uri }: { token?: string | undefined; uri?: string | undefined }) {
  const [language, setLanguage] = useState<ClientLanguage>('Python')
  const client = CLIENTS.find((known) => known.language === language) ?? CLIENTS[0]
  const code = client.code(uri ?? trackingUri(), token ?? 'YOUR_TOKEN')
  return (
    <div className={c.connect}>
      <div className={c.bar}>
        <SegmentedControl
          aria-label="Language"
          data={CLIENTS.map((known) => known.language)}
          value={language}
          onChange={setLanguage}
        />
        <CopyButton value={code} what="these lines" />
      </div>
      <pre className={c.code} {...scrollsByKey}>
        {code}
      </pre>
      <p className="t3 s12">{client.note}</p>
    </div>
  )
}
