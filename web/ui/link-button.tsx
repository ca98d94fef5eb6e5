import type { ButtonProps } from '@mantine/core'
import { Button } from '@mantine/core'
import { Link } from 'react-router'

/** A link that looks like a button. */
export function LinkButton({ to, ...props }: ButtonProps & { to: string }) {
  return <Button {...props} renderRoot={(root: { className?: string }) => <Link {...root} to={to} />} />
}
