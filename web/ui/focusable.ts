/** Spread on a region that scrolls: a keyboard can scroll it only when it takes focus. */
export const scrollsByKey = { tabIndex: 0 } as const
