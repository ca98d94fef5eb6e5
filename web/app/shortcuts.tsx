import { useHotkeys } from '@mantine/hooks'
import { IconHelp } from '@tabler/icons-react'
import { useRef } from 'react'
import { Link } from 'react-router'
import c from './shortcuts.module.css'

/** Every key of the app, for the reader; a page binds its own. */
const KEYS = [
  {
    place: 'Everywhere',
    keys: [
      ['?', 'Show this'],
      ['[', 'Fold the sidebar'],
    ],
  },
  {
    place: 'Runs',
    keys: [
      ['/', 'Filter'],
      ['J', 'Next run'],
      ['K', 'Previous run'],
      ['O', 'Open the run'],
      ['X', 'Select the run'],
      ['C', 'Compare what is selected'],
      ['D', 'Show or hide what is equal'],
    ],
  },
  {
    place: 'A chart that has focus',
    keys: [
      ['+', 'Zoom in'],
      ['−', 'Zoom out'],
      ['0', 'Show all'],
    ],
  },
] as const

/** The button in the sidebar, and the dialog that it and `?` open. */
export function Shortcuts({ className }: { className: string | undefined }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const open = () => dialog.current?.showModal()
  // most keyboards need Shift for it, some do not
  useHotkeys([
    ['?', open],
    ['shift+?', open],
  ])
  return (
    <>
      <button type="button" className={className} onClick={open} title="Help and shortcuts  ?">
        <IconHelp size={16} stroke={1.7} aria-hidden />
        <span>Help and shortcuts</span>
      </button>
      <dialog ref={dialog} className={c.dialog} aria-label="Help and shortcuts">
        <form method="dialog">
          <h2>Keys</h2>
          <button type="submit">Close</button>
        </form>
        <div className={c.groups}>
          {KEYS.map(({ place, keys }) => (
            <section key={place} aria-label={place}>
              <h3>{place}</h3>
              <dl>
                {keys.map(([key, what]) => (
                  <div key={key}>
                    <dt>
                      <kbd>{key}</kbd>
                    </dt>
                    <dd>{what}</dd>
                  </div>
                ))}
              </dl>
            </section>
          ))}
        </div>
        <p className="t2">
          The filter takes MLflow’s search language, with OR, NOT, parentheses and dates besides; the whole interface is
          described at{' '}
          <Link to="/openapi.json" reloadDocument>
            openapi.json
          </Link>
          .
        </p>
      </dialog>
    </>
  )
}
