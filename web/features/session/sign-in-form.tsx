import { Button, TextInput } from '@mantine/core'
import { IconKey } from '@tabler/icons-react'
import { Link } from 'react-router'
import { providerSignIn } from '#contract'
import { prefix } from '../../lib/document.ts'
import { paths } from '../../lib/paths.ts'
import type { Session } from '../../lib/session.ts'
import { Form } from '../../ui/form.tsx'
import { PasswordField } from '../../ui/password-field.tsx'
import { CookieLost, useSignIn } from './session.ts'
import c from './sign-in-form.module.css'

type SignInFormProps = {
  session: Session
  /** where it is known already who it must be */
  username?: string | undefined
  /** where a provider sends one back to; in a window of its own where this page has to stay */
  next: string
  newWindow?: boolean
  onSignedIn: () => void
}

export function SignInForm({ session, username, next, newWindow = false, onSignedIn }: SignInFormProps) {
  const signIn = useSignIn()
  return (
    <>
      {session.providers.map(({ id, name }) => (
        <Button
          key={id}
          component="a"
          href={prefix + providerSignIn(id, next)}
          fullWidth
          leftSection={<IconKey size={15} aria-hidden />}
          {...(newWindow ? { target: '_blank' } : {})}
        >
          {`Sign in with ${name}`}
        </Button>
      ))}
      {session.providers.length > 0 && <div className={c.or}>or</div>}
      <Form
        label="Sign in"
        error={signIn.error instanceof CookieLost ? undefined : signIn.error}
        onSubmit={({ password = '', ...typed }) =>
          signIn.mutate({ username: username ?? typed.username ?? '', password }, { onSuccess: onSignedIn })
        }
      >
        {username === undefined ? (
          <TextInput
            label="User name"
            name="username"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            required
            withAsterisk={false}
            autoFocus
          />
        ) : (
          // for the programs that keep passwords
          <input type="text" name="username" autoComplete="username" value={username} readOnly hidden />
        )}
        <PasswordField
          label="Password"
          name="password"
          autoComplete="current-password"
          autoFocus={username !== undefined}
        />
        {signIn.error instanceof CookieLost && <CookieProblem />}
        <Button type="submit" variant="filled" fullWidth loading={signIn.isPending}>
          Sign in
        </Button>
        {session.mail && <Link to={paths.forgotPassword()}>Forgotten your password?</Link>}
      </Form>
    </>
  )
}

function CookieProblem() {
  const plain = location.protocol === 'http:'
  return (
    <div role="alert" className={c.cookie}>
      <p className="medium">The password is right, but your browser did not keep the cookie of the sign-in.</p>
      <p>
        {plain
          ? `This page was opened over plain http, where browsers drop the cookies of a server that is meant for https. Open https://${location.host}, or ask whoever runs the server to start it with --insecure.`
          : 'Allow cookies for this site, then sign in again.'}
      </p>
    </div>
  )
}
