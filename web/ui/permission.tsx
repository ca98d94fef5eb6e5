import {
  IconBan,
  IconClipboardCheck,
  IconEye,
  IconPencil,
  IconPlayerPlay,
  IconQuestionMark,
  IconRubberStamp,
  IconSettings,
} from '@tabler/icons-react'
import c from './permission.module.css'

const KINDS = {
  READ: { word: 'Read', Icon: IconEye },
  USE: { word: 'Use', Icon: IconPlayerPlay },
  EDIT: { word: 'Edit', Icon: IconPencil },
  MANAGE: { word: 'Manage', Icon: IconSettings },
  REVIEW: { word: 'Review', Icon: IconClipboardCheck },
  APPROVE: { word: 'Approve', Icon: IconRubberStamp },
  NO_PERMISSIONS: { word: 'Denied', Icon: IconBan },
} as const

const isKnown = (permission: string): permission is keyof typeof KINDS => Object.hasOwn(KINDS, permission)

export const permissionWord = (permission: string): string =>
  isKnown(permission) ? KINDS[permission].word : permission

/** Icon and word, colour third: only a denial has one. */
export function Permission({ permission }: { permission: string }) {
  const { word, Icon } = isKnown(permission) ? KINDS[permission] : { word: permission, Icon: IconQuestionMark }
  return (
    <span className={c.permission} data-denied={permission === 'NO_PERMISSIONS' || undefined}>
      <Icon size={14} stroke={1.7} aria-hidden />
      {word}
    </span>
  )
}
