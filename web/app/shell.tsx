import { useMantineColorScheme } from '@mantine/core'
import { useHotkeys, useLocalStorage } from '@mantine/hooks'
import {
  IconDeviceDesktop,
  IconFlask,
  IconHome,
  IconLayoutSidebarLeftCollapse,
  IconLayoutSidebarLeftExpand,
  IconMoon,
  IconSun,
} from '@tabler/icons-react'
import { NavLink, Outlet, ScrollRestoration, useNavigation } from 'react-router'
import { paths } from '../lib/paths.ts'
import { Mark } from './mark.tsx'
import c from './shell.module.css'
import { Shortcuts } from './shortcuts.tsx'

const PLACES = [
  { label: 'Home', to: paths.home(), Icon: IconHome, end: true },
  { label: 'Experiments', to: paths.experiments(), Icon: IconFlask, end: false },
]

const SCHEMES = {
  auto: { label: 'system', Icon: IconDeviceDesktop, next: 'light' },
  light: { label: 'light', Icon: IconSun, next: 'dark' },
  dark: { label: 'dark', Icon: IconMoon, next: 'auto' },
} as const

function ThemeButton({ className, size = 16 }: { className: string | undefined; size?: number }) {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const { label, Icon, next } = SCHEMES[colorScheme]
  return (
    <button type="button" className={className} onClick={() => setColorScheme(next)} title={`Theme: ${label}`}>
      <Icon size={size} stroke={1.7} aria-hidden />
      <span>{`Theme: ${label}`}</span>
    </button>
  )
}

function skipToContent() {
  document.getElementById('content')?.focus()
}

/** What stays while pages change: skip link, sidebar (a bar at the bottom on phones), the line that shows a page loading. */
export function Shell() {
  const [folded, setFolded] = useLocalStorage({
    key: 'assay.sidebar-folded',
    defaultValue: false,
    getInitialValueInEffect: false,
  })
  const navigation = useNavigation()
  useHotkeys([['[', () => setFolded((now) => !now)]])
  const foldLabel = folded ? 'Unfold the sidebar' : 'Fold the sidebar'
  return (
    <div className={c.app} data-folded={folded || undefined}>
      <button type="button" className={c.skip} onClick={skipToContent}>
        Skip to content
      </button>
      <nav className={c.nav} aria-label="Main">
        <div className={c.brand}>
          <Mark />
          <span className={c.name}>Assay</span>
          <button
            type="button"
            className={c.fold}
            aria-label={foldLabel}
            title={`${foldLabel}  [`}
            onClick={() => setFolded(!folded)}
          >
            {folded ? (
              <IconLayoutSidebarLeftExpand size={16} stroke={1.7} aria-hidden />
            ) : (
              <IconLayoutSidebarLeftCollapse size={16} stroke={1.7} aria-hidden />
            )}
          </button>
        </div>
        {PLACES.map(({ label, to, Icon, end }) => (
          <NavLink key={to} to={to} end={end} className={c.place ?? ''} title={folded ? label : undefined}>
            <Icon size={16} stroke={1.7} aria-hidden />
            <span>{label}</span>
          </NavLink>
        ))}
        <div className={c.foot}>
          <Shortcuts className={c.place} />
          <ThemeButton className={c.place} />
        </div>
      </nav>
      <div className={c.content}>
        {navigation.state === 'loading' && (
          <div className={c.progress} role="progressbar" aria-label="Loading the page" />
        )}
        <Outlet />
      </div>
      <nav className={c.tabbar} aria-label="Main, phone">
        {PLACES.map(({ label, to, Icon, end }) => (
          <NavLink key={to} to={to} end={end}>
            <Icon size={20} stroke={1.7} aria-hidden />
            {label}
          </NavLink>
        ))}
        <ThemeButton className={c.tabbarButton} size={20} />
      </nav>
      <ScrollRestoration />
    </div>
  )
}
