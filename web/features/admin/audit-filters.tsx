import { NativeSelect, TextInput } from '@mantine/core'
import { SearchBox } from '../../ui/search-box.tsx'
import type { AuditView } from './audit.ts'
import { ACTIONS } from './audit.ts'
import c from './audit-filters.module.css'

type AuditFiltersProps = { view: AuditView; onChange: (change: Partial<AuditView>) => void }

export function AuditFilters({ view, onChange }: AuditFiltersProps) {
  const day = (name: 'from' | 'to', label: string) => (
    <TextInput
      type="date"
      aria-label={label}
      value={view[name]}
      onChange={(event) => onChange({ [name]: event.currentTarget.value })}
    />
  )
  return (
    <search className={c.filters} aria-label="Audit log">
      <SearchBox label="Who" placeholder="Who" value={view.actor} onChange={(actor) => onChange({ actor })} />
      <NativeSelect
        aria-label="What"
        data={[...ACTIONS]}
        value={view.action}
        onChange={(event) => onChange({ action: event.currentTarget.value })}
      />
      <SearchBox
        label="On"
        placeholder="Id or name of the object"
        value={view.object}
        onChange={(object) => onChange({ object })}
      />
      {day('from', 'From')}
      {day('to', 'To')}
    </search>
  )
}
