import { useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import type { Resource } from '../features/access/access.ts'
import { experimentQuery } from '../features/experiments/experiments.ts'
import { paths } from '../lib/paths.ts'

/** A link to what access is given to, by its name. */
export const resourceName = (resource: Resource) =>
  resource.resource_type === 'experiment' ? (
    <ExperimentName id={resource.resource_id} />
  ) : (
    <span>{`model ${resource.resource_id}`}</span>
  )

/** Whoever may not see it knows its number alone. */
function ExperimentName({ id }: { id: string }) {
  const experiment = useQuery(experimentQuery(id))
  return <Link to={paths.experiment(id)}>{experiment.data?.name ?? `experiment ${id}`}</Link>
}
