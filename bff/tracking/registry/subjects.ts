import { sql } from '#kit/sql.ts'
import { by, columns, pairs } from '../search/subjects.ts'
import type { Entity, Subject } from '../search/tree.ts'
import { PROMPT_TAG } from './prompts.ts'

const TAGS = { name: 'tag', aliases: ['tag', 'tags'], keys: 'text', orderable: false } as const

/**
 * Tags as MLflow's searches see them: the one that makes a model a prompt is never absent. It is `true` of prompts with their
 * versions, and `false` of all other models, which do not have it.
 */
function tags(owned: Pick<Entity, 'value' | 'place'>): Entity {
  const isPrompt = {
    column: sql`v.value`,
    from: sql`(select m.is_prompt::text as value) v where true`,
    nullable: false,
  }
  return { ...owned, ...TAGS, value: (key) => (key === PROMPT_TAG ? isPrompt : owned.value(key)) }
}

export const REGISTERED_MODELS: Subject = {
  name: 'registered models',
  entities: [
    {
      name: 'attribute',
      aliases: ['attribute', 'attributes'],
      keys: { name: 'text', creation_timestamp: 'time', last_updated_timestamp: 'time' },
      synonyms: { timestamp: 'last_updated_timestamp' },
      ...columns({
        name: sql`m.name`,
        creation_timestamp: sql`m.creation_timestamp`,
        last_updated_timestamp: sql`m.last_updated_timestamp`,
      }),
    },
    tags(pairs(sql`v.value`, sql`registered_model_tags v where v.model_no = m.model_no`)),
  ],
  from: sql`registered_models m`,
  key: sql`m.model_no`,
  defaultOrder: [],
  tieBreakers: [by('name', 'text', false)],
}

const BY_NAME_AND_VERSION = [by('name', 'text', false), by('version_number', 'integer', true)]

export const MODEL_VERSIONS: Subject = {
  name: 'model versions',
  entities: [
    {
      name: 'attribute',
      aliases: ['attribute', 'attributes'],
      keys: {
        name: 'text',
        version_number: 'integer',
        run_id: 'text',
        source_path: 'text',
        creation_timestamp: 'time',
        last_updated_timestamp: 'time',
      },
      ...columns({
        name: sql`m.name`,
        version_number: sql`mv.version`,
        run_id: sql`mv.run_id`,
        source_path: sql`mv.source`,
        creation_timestamp: sql`mv.creation_timestamp`,
        last_updated_timestamp: sql`mv.last_updated_timestamp`,
      }),
    },
    tags(pairs(sql`v.value`, sql`model_version_tags v where v.version_no = mv.version_no`)),
  ],
  from: sql`model_versions mv join registered_models m using (model_no)`,
  key: sql`mv.version_no`,
  defaultOrder: [by('last_updated_timestamp', 'time', true), ...BY_NAME_AND_VERSION],
  tieBreakers: BY_NAME_AND_VERSION,
}
