import { IconBan, IconCircleCheck, IconMail } from '@tabler/icons-react'
import type { Account } from '#contract'
import c from './account-state.module.css'
import { stateOf } from './users.ts'

const STATES = {
  active: { word: 'Active', Icon: IconCircleCheck },
  invited: { word: 'Invited', Icon: IconMail },
  disabled: { word: 'Disabled', Icon: IconBan },
} as const

export function AccountState({ account }: { account: Account }) {
  const state = stateOf(account)
  const { word, Icon } = STATES[state]
  return (
    <span className={c.state} data-state={state}>
      <Icon size={15} stroke={1.7} aria-hidden />
      {account.is_admin ? `${word}, administrator` : word}
    </span>
  )
}
