import { useState } from 'react'

/** The value, or the last one that was there: what is on the screen stays while something goes wrong. */
export function useLastDefined<T>(value: T | undefined): T | undefined {
  const [last, setLast] = useState(value)
  if (value !== undefined && value !== last) setLast(value)
  return value ?? last
}
