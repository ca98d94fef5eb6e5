import { prefix } from './document.ts'

/** Where clients reach this server. */
export const trackingUri = () => `${location.origin}${prefix}`

/** The Python that fills an empty page: it can be pasted as it is. */
export const snippets = {
  firstRun: () => `import mlflow
mlflow.set_tracking_uri("${trackingUri()}")
mlflow.set_experiment("first-experiment")
with mlflow.start_run():
    mlflow.log_metric("loss", 0.1)`,
  run: (experiment: string) => `mlflow.set_tracking_uri("${trackingUri()}")
mlflow.set_experiment(${JSON.stringify(experiment)})
with mlflow.start_run():
    mlflow.log_metric("loss", 0.1)`,
  metric: (runId: string) => `with mlflow.start_run(run_id="${runId}"):
    mlflow.log_metric("loss", 0.1, step=1)`,
  artifact: (runId: string) => `with mlflow.start_run(run_id="${runId}"):
    mlflow.log_artifact("report.csv")`,
}

/** How a client of a language is told where the server is and who is asking. `note` says what it needs. */
export const CLIENTS = [
  {
    language: 'Python',
    note: 'Any MLflow client. Nothing of Assay has to be installed.',
    code: (uri: string, token: string) => `# in the shell
export MLFLOW_TRACKING_URI=${uri}
export MLFLOW_TRACKING_TOKEN=${token}

# then, in Python
import mlflow
mlflow.set_experiment("first-experiment")
with mlflow.start_run():
    mlflow.log_metric("loss", 0.1)`,
  },
  {
    language: 'R',
    note: 'The package mlflow from CRAN.',
    code: (uri: string, token: string) => `Sys.setenv(
  MLFLOW_TRACKING_URI = "${uri}",
  MLFLOW_TRACKING_TOKEN = "${token}")
library(mlflow)
mlflow_set_experiment("first-experiment")
with(mlflow_start_run(),
  mlflow_log_metric("loss", 0.1))`,
  },
  {
    language: 'Java',
    note: 'org.mlflow:mlflow-client, which reads both variables.',
    code: (uri: string, token: string) => `// in the shell
// export MLFLOW_TRACKING_URI=${uri}
// export MLFLOW_TRACKING_TOKEN=${token}

MlflowClient client = new MlflowClient();
String experiment = client.createExperiment("first-experiment");
RunInfo run = client.createRun(experiment);
client.logMetric(run.getRunId(), "loss", 0.1);`,
  },
  {
    language: 'curl',
    note: 'A token works as the password of basic authentication too: curl -u user:token.',
    code: (uri: string, token: string) => `curl -H "Authorization: Bearer ${token}" \\
  "${uri}/api/2.0/mlflow/experiments/search?max_results=10"`,
  },
] as const

export type ClientLanguage = (typeof CLIENTS)[number]['language']
