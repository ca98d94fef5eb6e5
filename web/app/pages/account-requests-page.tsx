import { useQuery } from '@tanstack/react-query'
import { requestsQuery } from '../../features/access/access.ts'
import { OwnRequests, RequestsToDecide } from '../../features/access/requests-panel.tsx'
import { Failed, SkeletonRows } from '../../ui/states.tsx'
import { resourceName } from '../resource-name.tsx'
import c from './tabbed-layout.module.css'

export function Component() {
  const requests = useQuery(requestsQuery)
  if (requests.isError)
    return (
      <Failed what="The requests could not be read" error={requests.error} onRetry={() => void requests.refetch()} />
    )
  if (!requests.data) return <SkeletonRows what="requests" />
  return (
    <div className={c.halves}>
      <RequestsToDecide requests={requests.data.to_decide} nameOf={resourceName} />
      <OwnRequests requests={requests.data.own} nameOf={resourceName} />
    </div>
  )
}
