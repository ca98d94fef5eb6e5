import {
  IconAlertCircle,
  IconCircleCheck,
  IconClock,
  IconLoader2,
  IconPlayerStop,
  IconQuestionMark,
} from '@tabler/icons-react'
import c from './status.module.css'

const KINDS = {
  RUNNING: { word: 'Running', Icon: IconLoader2, look: c.running },
  FINISHED: { word: 'Finished', Icon: IconCircleCheck, look: c.finished },
  FAILED: { word: 'Failed', Icon: IconAlertCircle, look: c.failed },
  KILLED: { word: 'Killed', Icon: IconPlayerStop, look: c.killed },
  SCHEDULED: { word: 'Scheduled', Icon: IconClock, look: c.scheduled },
} as const

const isKnown = (status: string): status is keyof typeof KINDS => Object.hasOwn(KINDS, status)

/** Icon and word, colour third. A word this page does not know is shown as it is. */
export function Status({ status, iconOnly = false }: { status: string; iconOnly?: boolean }) {
  const { word, Icon, look } = isKnown(status)
    ? KINDS[status]
    : { word: status, Icon: IconQuestionMark, look: c.scheduled }
  return (
    <span className={`${c.status} ${look}`}>
      <Icon size={15} stroke={1.7} aria-hidden />
      <span className={iconOnly ? 'vh' : undefined}>{word}</span>
    </span>
  )
}
