import * as z from 'zod'

// The page's policy forbids eval. Imported before any schema is made, so that zod never tries.
z.config({ jitless: true })
