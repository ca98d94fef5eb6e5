import { Button, NativeSelect, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { plural } from '../../lib/format.ts'
import { Form, FormError } from '../../ui/form.tsx'
import { Time } from '../../ui/marks.tsx'
import { Panel } from '../../ui/panel.tsx'
import { SecretShown } from '../../ui/secret-shown.tsx'
import { Failed, SkeletonRows } from '../../ui/states.tsx'
import t from '../../ui/table.module.css'
import type { NewToken, Token } from './tokens.ts'
import { isOver, SCOPES, scopeWords, tokensQuery, useCreateToken, useRevokeToken } from './tokens.ts'
import c from './tokens-panel.module.css'

type TokensPanelProps = {
  /** whose; the reader's own where absent */
  username?: string
  administrator: boolean
  /** what was just made, for the lines that use it */
  onMade?: (token: NewToken) => void
}

/** Tokens of one user: made here and shown once, revoked here. */
export function TokensPanel({ username, administrator, onMade }: TokensPanelProps) {
  const tokens = useQuery(tokensQuery(username))
  const [made, setMade] = useState<NewToken>()
  const show = (token: NewToken) => {
    setMade(token)
    onMade?.(token)
  }
  return (
    <Panel title="Tokens" note="for Python, R, Java and curl, instead of a password">
      {made && <SecretShown key={made.token} title={`Token “${made.name}” is made.`} secret={made.token} />}
      {tokens.isPending && <SkeletonRows what="tokens" rows={3} />}
      {tokens.isError && (
        <Failed what="The tokens could not be read" error={tokens.error} onRetry={() => void tokens.refetch()} />
      )}
      {tokens.data?.length === 0 && <p className={c.none}>None yet. A client needs one to log runs here.</p>}
      {tokens.data && tokens.data.length > 0 && <TokenTable tokens={tokens.data} />}
      <NewTokenForm {...(username === undefined ? {} : { username })} administrator={administrator} onMade={show} />
    </Panel>
  )
}

function TokenTable({ tokens }: { tokens: readonly Token[] }) {
  return (
    <table className={`${t.table} ${t.roomy} ${t.stacks}`}>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">May</th>
          <th scope="col">Ends</th>
          <th scope="col">Last use</th>
          <th scope="col">
            <span className="vh">Action</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {tokens.map((token) => (
          <TokenLine key={String(token.token_id)} token={token} />
        ))}
      </tbody>
    </table>
  )
}

function TokenLine({ token }: { token: Token }) {
  const revoke = useRevokeToken()
  const over = isOver(token)
  return (
    <tr className={over ? 't3' : undefined}>
      <th scope="row">
        {token.name} <span className="mono t3">{`…${token.hint}`}</span>
        <FormError error={revoke.error} />
      </th>
      <td className="t2">{scopeWords(token)}</td>
      <td>
        {token.revoked_at === undefined ? (
          <>
            {over && 'ended '}
            <Time ms={token.expires_at} />
          </>
        ) : (
          'revoked'
        )}
      </td>
      <td className="t2 tn">{token.last_used_on ?? 'never used'}</td>
      <td className={t.act}>
        {!over && (
          <Button
            size="xs"
            loading={revoke.isPending}
            aria-label={`Revoke ${token.name}`}
            onClick={() => revoke.mutate(token.token_id)}
          >
            Revoke
          </Button>
        )}
      </td>
    </tr>
  )
}

const DAYS = [7, 30, 90, 365]

type NewTokenFormProps = { username?: string; administrator: boolean; onMade: (token: NewToken) => void }

function NewTokenForm({ username, administrator, onMade }: NewTokenFormProps) {
  const create = useCreateToken()
  const scopes = SCOPES.filter((known) => administrator || !known.administrators)
  return (
    <Form
      className={c.form}
      label="New token"
      error={create.error}
      onSubmit={({ name = '', scope, days }, form) =>
        create.mutate(
          {
            name,
            scopes: SCOPES.flatMap((known) => (known.scope !== '' && known.scope === scope ? [known.scope] : [])),
            expires_in_days: Number(days),
            username,
          },
          {
            onSuccess: (token) => {
              form.reset()
              onMade(token)
            },
          },
        )
      }
    >
      <TextInput
        label="Name"
        name="name"
        placeholder="Where it is used"
        required
        withAsterisk={false}
        maxLength={200}
        autoComplete="off"
      />
      <NativeSelect label="May" name="scope" data={scopes.map(({ scope, label }) => ({ value: scope, label }))} />
      <NativeSelect
        label="Ends"
        name="days"
        defaultValue="90"
        data={DAYS.map((days) => ({ value: String(days), label: `in ${plural(days, 'day')}` }))}
      />
      <Button type="submit" variant="filled" loading={create.isPending}>
        Make token
      </Button>
    </Form>
  )
}
