import type { ButtonProps, CSSVariablesResolver, InputProps } from '@mantine/core'
import { createTheme } from '@mantine/core'

/** Colours of the four buttons: one primary a view, plain, quiet, and one that is "on". */
const BUTTONS: Record<string, Record<string, string>> = {
  filled: {
    '--button-bg': 'var(--accent-solid)',
    '--button-hover': 'var(--accent-solid-hover)',
    '--button-color': 'var(--accent-on)',
  },
  subtle: { '--button-color': 'var(--text-2)', '--button-hover': 'var(--bg-inset)' },
  light: {
    '--button-bg': 'var(--accent-soft)',
    '--button-color': 'var(--accent)',
    '--button-hover': 'var(--accent-soft)',
    '--button-bd': '1px solid var(--accent-line)',
  },
}

/** A field that one types into or chooses from. */
const FIELD = {
  defaultProps: { size: 'sm' },
  vars: (_: unknown, { size }: InputProps) => ({
    root: {},
    wrapper: {
      '--input-height': size === 'xs' ? 'var(--field-sm)' : 'var(--field)',
      '--input-fz': 'var(--field-fz)',
    },
  }),
}

/** Mantine told our tokens: values live in ui/tokens.css, this file only names them. */
export const theme = createTheme({
  fontFamily: 'var(--font)',
  fontFamilyMonospace: 'var(--mono)',
  fontSmoothing: true,
  headings: {
    fontFamily: 'var(--font)',
    fontWeight: '600',
    sizes: {
      h1: { fontSize: 'var(--fs-20)', lineHeight: 'var(--lh-20)' },
      h2: { fontSize: 'var(--fs-14)', lineHeight: 'var(--lh-14)' },
      h3: { fontSize: 'var(--fs-13)', lineHeight: 'var(--lh-13)' },
    },
  },
  fontSizes: { xs: 'var(--fs-11)', sm: 'var(--fs-12)', md: 'var(--fs-13)', lg: 'var(--fs-14)', xl: 'var(--fs-16)' },
  lineHeights: { xs: 'var(--lh-11)', sm: 'var(--lh-12)', md: 'var(--lh-13)', lg: 'var(--lh-14)', xl: 'var(--lh-16)' },
  spacing: { xs: 'var(--s-4)', sm: 'var(--s-8)', md: 'var(--s-12)', lg: 'var(--s-16)', xl: 'var(--s-24)' },
  radius: { xs: 'var(--r-chip)', sm: 'var(--r-ctl)', md: 'var(--r-panel)', lg: 'var(--r-dialog)' },
  defaultRadius: 'sm',
  shadows: { xs: 'var(--sh-1)', md: 'var(--sh-2)' },
  primaryColor: 'petrol',
  primaryShade: { light: 7, dark: 6 },
  colors: {
    petrol: [
      '#e4f1f4',
      '#cfe5ea',
      '#a9d1da',
      '#7fbccb',
      '#62bdd2',
      '#2f93aa',
      '#137a93',
      '#0b6176',
      '#084d5e',
      '#063a47',
    ],
  },
  respectReducedMotion: true,
  focusRing: 'auto',
  cursorType: 'pointer',
  autoContrast: false,
  // plain objects and not Menu.extend(…): that would pull every component into the entry chunk
  components: {
    Button: {
      defaultProps: { size: 'sm', variant: 'default' },
      vars: (_: unknown, { size, variant }: ButtonProps) => ({
        root: {
          '--button-height': size === 'xs' ? 'var(--button-sm)' : 'var(--button)',
          '--button-padding-x': size === 'xs' ? '9px' : '11px',
          '--button-fz': size === 'xs' ? 'var(--button-sm-fz)' : 'var(--fs-13)',
          ...BUTTONS[variant ?? 'default'],
        },
      }),
    },
    ActionIcon: {
      defaultProps: { variant: 'subtle', color: 'gray' },
      vars: () => ({
        root: { '--ai-size': 'var(--button-sm)', '--ai-color': 'var(--text-2)', '--ai-hover': 'var(--bg-inset)' },
      }),
    },
    TextInput: FIELD,
    PasswordInput: FIELD,
    NativeSelect: FIELD,
    Autocomplete: FIELD,
    Textarea: { ...FIELD, vars: () => ({ root: {}, wrapper: { '--input-fz': 'var(--field-fz)' } }) },
    Checkbox: { defaultProps: { size: 'xs', radius: 'xs' } },
    Switch: { defaultProps: { size: 'xs', withThumbIndicator: false } },
    SegmentedControl: { defaultProps: { size: 'sm' } },
    Menu: { defaultProps: { shadow: 'md', radius: 'md', transitionProps: { duration: 90 } } },
    Tooltip: { defaultProps: { openDelay: 400, withArrow: false, transitionProps: { duration: 90 } } },
  },
})

const roles = {
  '--mantine-color-body': 'var(--bg)',
  '--mantine-color-text': 'var(--text)',
  '--mantine-color-dimmed': 'var(--text-3)',
  '--mantine-color-placeholder': 'var(--text-3)',
  '--mantine-color-anchor': 'var(--accent)',
  '--mantine-color-default': 'var(--bg-raised)',
  '--mantine-color-default-color': 'var(--text)',
  '--mantine-color-default-hover': 'var(--bg-hover)',
  '--mantine-color-default-border': 'var(--line-ctl)',
  '--mantine-color-error': 'var(--failed)',
  '--mantine-color-disabled': 'var(--bg-inset)',
  '--mantine-color-disabled-color': 'var(--text-3)',
  '--mantine-color-disabled-border': 'var(--line-2)',
}

export const cssVariables: CSSVariablesResolver = () => ({
  variables: { '--mantine-font-size-md': 'var(--fs-13)' },
  light: roles,
  dark: roles,
})
