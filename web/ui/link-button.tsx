import type { ButtonProps } from '@mantine/core'
import { Button } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { Link } from 'react-router'

/** A link that looks like a button. */
export function LinkButton({ to, ...props }: ButtonProps & { to: string }) {
  return <Button {...props} renderRoot={(root: { className?: string }) => <Link {...root} to={to} />} />
}

/** A file to take, not to open: the server says so as well. */
export function DownloadButton({ href, name, children }: { href: string; name: string; children: ReactNode }) {
  return (
    <Button
      component="a"
      href={href}
      download={name}
      size="xs"
      variant="filled"
      leftSection={<IconDownload size={14} aria-hidden />}
    >
      {children}
    </Button>
  )
}
