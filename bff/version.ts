import packageJson from '../package.json' with { type: 'json' }

/** Ours. */
export const VERSION: string = packageJson.version

/** What MLflow's clients take this server for: they choose by it what they send. */
export const MLFLOW_VERSION = '3.17.2'
