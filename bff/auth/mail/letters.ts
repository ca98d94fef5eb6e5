/** What of one thing changed for the reader: `permissions` are all they have there now, none where all were taken. */
export type AccessChange = {
  resource_type: 'experiment' | 'registered_model'
  resource_id: string
  name: string
  permissions: string[]
}

/** The letters, each with what it says. Never a secret: a mail holds a link, and that is made when it is sent. */
export type Letter =
  /** `by`: who invites, empty where the access files do */
  | { letter: 'invite'; content: { username: string; by: string } }
  | { letter: 'reset'; content: { username: string } }
  | { letter: 'access-changed'; content: { by: string; changes: AccessChange[] } }
  | {
      letter: 'access-request'
      content: {
        /** who asks */
        username: string
        resource_type: AccessChange['resource_type']
        resource_id: string
        name: string
        permission: string
        message: string
      }
    }
