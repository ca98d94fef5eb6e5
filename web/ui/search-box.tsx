import { CloseButton, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { useEffect, useState } from 'react'

type SearchBoxProps = {
  label: string
  placeholder: string
  value: string
  onChange: (value: string) => void
  /** how long typing must rest before the search runs */
  delay?: number
  size?: 'xs' | 'sm'
  className?: string | undefined
}

/** A field that searches while one types. The value lives with the caller (in the address); this holds only what is being typed. */
export function SearchBox({
  label,
  placeholder,
  value,
  onChange,
  delay = 200,
  size = 'sm',
  className,
}: SearchBoxProps) {
  const [typed, setTyped] = useState(value)
  const announce = useDebouncedCallback(onChange, delay)
  useEffect(() => setTyped(value), [value])
  const type = (text: string) => {
    setTyped(text)
    announce(text)
  }
  return (
    <TextInput
      role="searchbox"
      aria-label={label}
      placeholder={placeholder}
      value={typed}
      size={size}
      {...(className ? { className } : {})}
      onChange={(event) => type(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && typed !== '') type('')
      }}
      leftSection={<IconSearch size={15} aria-hidden />}
      rightSection={
        typed === '' ? null : <CloseButton size="sm" aria-label={`Clear: ${label}`} onClick={() => type('')} />
      }
    />
  )
}
