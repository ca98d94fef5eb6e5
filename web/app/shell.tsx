import { useMantineColorScheme } from '@mantine/core'
import { useHotkeys, useLocalStorage } from '@mantine/hooks'
import {
  IconDeviceDesktop,
  IconFlask,
  IconHome,
  IconLayoutSidebarLeftCollapse,
  IconLayoutSidebarLeftExpand,
  IconLogout,
  IconMoon,
  IconSettings,
  IconSun,
  IconUser,
} from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useSyncExternalStore } from 'react'
import { NavLink, Outlet, ScrollRestoration, useNavigation } from 'react-router'
import { useSignOut } from '../features/session/session.ts'
import { paths } from '../lib/paths.ts'
import { expiry, sessionQuery } from '../lib/session.ts'
import { Mark } from './mark.tsx'
import c from './shell.module.css'
import { Shortcuts } from './shortcuts.tsx'

const PLACES = [
  { label: 'Home', to: paths.home(), Icon: IconHome, end: true },
  { label: 'Experiments', to: paths.experiments(), Icon: IconFlask, end: false },
]
const ADMINISTRATION = { label: 'Administration', to: paths.admin(), Icon: IconSettings, end: false }

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

/** Loaded when a session ends: the shell comes before everything else, and stays small. */
const SignInAgain = lazy(async () => ({
  default: (await import('../features/session/sign-in-again.tsx')).SignInAgain,
}))

function SignOutButton({ className }: { className: string | undefined }) {
  const signOut = useSignOut()
  return (
    <button type="button" className={className} disabled={signOut.isPending} onClick={() => signOut.mutate()}>
      <IconLogout size={16} stroke={1.7} aria-hidden />
      <span>{signOut.isError ? 'Sign out again: it failed' : 'Sign out'}</span>
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
  const session = useQuery(sessionQuery)
  const expired = useSyncExternalStore(expiry.subscribe, expiry.state)
  const user = session.data?.user
  const places = user?.is_admin ? [...PLACES, ADMINISTRATION] : PLACES
  // until it is known whether one goes to the sign-in instead
  if (session.isPending || (session.data && session.data.auth !== 'off' && !user)) return <Outlet />
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
        {places.map(({ label, to, Icon, end }) => (
          <NavLink key={to} to={to} end={end} className={c.place ?? ''} title={folded ? label : undefined}>
            <Icon size={16} stroke={1.7} aria-hidden />
            <span>{label}</span>
          </NavLink>
        ))}
        <div className={c.foot}>
          <Shortcuts className={c.place} />
          <ThemeButton className={c.place} />
          {user && (
            <>
              <NavLink to={paths.account()} className={c.place ?? ''} title={user.username}>
                <IconUser size={16} stroke={1.7} aria-hidden />
                <span className="ell">{user.display_name || user.username}</span>
              </NavLink>
              <SignOutButton className={c.place} />
            </>
          )}
        </div>
      </nav>
      <div className={c.content}>
        {navigation.state === 'loading' && (
          <div className={c.progress} role="progressbar" aria-label="Loading the page" />
        )}
        {expired !== 'none' && (
          <Suspense>
            <SignInAgain />
          </Suspense>
        )}
        <Outlet />
      </div>
      <nav className={c.tabbar} aria-label="Main, phone">
        {places.map(({ label, to, Icon, end }) => (
          <NavLink key={to} to={to} end={end}>
            <Icon size={20} stroke={1.7} aria-hidden />
            {label}
          </NavLink>
        ))}
        {user && (
          <NavLink to={paths.account()}>
            <IconUser size={20} stroke={1.7} aria-hidden />
            Account
          </NavLink>
        )}
        <ThemeButton className={c.tabbarButton} size={20} />
      </nav>
      <ScrollRestoration />
    </div>
  )
}
