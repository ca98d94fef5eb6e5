import { IconLock } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { paths } from '../../lib/paths.ts'
import { sessionQuery } from '../../lib/session.ts'
import { LinkButton } from '../../ui/link-button.tsx'
import { Fact, Facts } from '../../ui/panel.tsx'
import { Permission } from '../../ui/permission.tsx'
import { WhoMark } from '../../ui/who.tsx'
import type { Allowed, Subject } from './access.ts'
import { allowedQuery } from './access.ts'
import { AskForm } from './ask-form.tsx'
import c from './no-permission.module.css'

/** How often a page looks whether it was given meanwhile, in ms. */
const LOOK_AGAIN = 15_000

/** Why a page is not shown: who one is, what is missing, who can give it. It never says what the thing is called. */
export function NoPermission({ subject, onGiven }: { subject: Subject; onGiven: () => void }) {
  const user = useQuery(sessionQuery).data?.user
  const allowed = useQuery({ ...allowedQuery(subject), staleTime: 0, refetchInterval: LOOK_AGAIN, enabled: !!user })
  const given = allowed.data?.may.read
  useEffect(() => {
    if (given) onGiven()
  }, [given, onGiven])
  const run = subject.resource_type === 'run'
  return (
    <div className={c.page}>
      <span className={c.icon}>
        <IconLock size={20} stroke={1.7} aria-hidden />
      </span>
      <h1>You may not see this</h1>
      <p className="t2">
        The link is right, and nothing is broken.
        {allowed.data && ' Ask for access below, and this page opens by itself once it is given.'}
      </p>
      <section className={c.panel} aria-label="Access">
        <div className={c.pad}>
          <Facts>
            {user && (
              <Fact name="You are">
                <WhoMark name={user.username} /> {user.username}
              </Fact>
            )}
            <Fact name="You need">
              <Permission permission="READ" /> {run ? 'on its experiment' : 'on it'}
            </Fact>
            {allowed.data && <Fact name="Can give it">{whoCanGive(allowed.data)}</Fact>}
          </Facts>
        </div>
        {allowed.data && (
          <div className={`${c.pad} ${c.ask}`}>
            <AskForm allowed={allowed.data} only="READ">
              <LinkButton to={paths.experiments()}>Go to experiments</LinkButton>
            </AskForm>
          </div>
        )}
      </section>
    </div>
  )
}

function whoCanGive({ managers, access_file }: Allowed): string {
  const names = managers.map(({ username }) => username).join(', ')
  const people = names ? `${names}, or an administrator` : 'an administrator'
  return access_file ? `${people}, by the file ${access_file}` : people
}
