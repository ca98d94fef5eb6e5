/** What two names share that look alike: `Ann`, `ANN` and `Ａnn`. */
export const lookalikeKey = (name: string): string => name.normalize('NFKC').toLowerCase()
