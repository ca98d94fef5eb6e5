"""A data scientist's afternoon, with the unmodified client: two trainings of one experiment. Prints what it logged as JSON."""

import json
import math
import pathlib
import sys
import tempfile

import mlflow

EXPERIMENT = "claim-risk"
STEPS = 250


def train(name: str, rate: float, lowest: float) -> str:
    with mlflow.start_run(run_name=name) as run:
        mlflow.log_params({"learning_rate": rate, "depth": 6, "features": "claims-2026-10"})
        mlflow.set_tags({"team": "fraud-ds", "mlflow.note.content": f"Rate **{rate}**."})
        for step in range(STEPS):
            mlflow.log_metric("loss", lowest + math.exp(-step * rate), step=step)
        mlflow.log_metrics({"auc": 0.93 - lowest / 2, "recall_at_capacity": 0.41 + rate})
        with tempfile.TemporaryDirectory() as folder:
            queue = pathlib.Path(folder, "review-queue.csv")
            queue.write_text("rank,claim,score\n1,C-100034,0.97\n2,C-100021,0.91\n")
            mlflow.log_artifact(str(queue), "evaluation")
        return run.info.run_id


mlflow.set_tracking_uri(sys.argv[1])
experiment = mlflow.set_experiment(EXPERIMENT)
runs = {"slow": train("slow", 0.01, 0.12), "steady": train("steady", 0.05, 0.06)}

# What was logged is what the client reads back.
found = mlflow.search_runs([experiment.experiment_id], "metrics.auc > 0.88 and params.depth = '6'", output_format="list")
history = mlflow.MlflowClient().get_metric_history(runs["steady"], "loss")
path = mlflow.artifacts.download_artifacts(run_id=runs["steady"], artifact_path="evaluation/review-queue.csv")
print(
    json.dumps(
        {
            "experiment_id": experiment.experiment_id,
            "runs": runs,
            "found": [run.info.run_name for run in found],
            "points": len(history),
            "artifact": pathlib.Path(path).read_text(),
        }
    )
)
