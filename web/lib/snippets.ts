import { prefix } from './document.ts'

const server = () => `${location.origin}${prefix}`

/** The Python that fills an empty page: it can be pasted as it is. */
export const snippets = {
  firstRun: () => `import mlflow
mlflow.set_tracking_uri("${server()}")
mlflow.set_experiment("first-experiment")
with mlflow.start_run():
    mlflow.log_metric("loss", 0.1)`,
  run: (experiment: string) => `mlflow.set_tracking_uri("${server()}")
mlflow.set_experiment(${JSON.stringify(experiment)})
with mlflow.start_run():
    mlflow.log_metric("loss", 0.1)`,
  metric: (runId: string) => `with mlflow.start_run(run_id="${runId}"):
    mlflow.log_metric("loss", 0.1, step=1)`,
  artifact: (runId: string) => `with mlflow.start_run(run_id="${runId}"):
    mlflow.log_artifact("report.csv")`,
}
