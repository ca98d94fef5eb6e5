"""What the client does by itself around a training: autologging, datasets, plots, tables, system metrics, async logging."""

import os
import tempfile
import time
import unittest
import uuid
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import mlflow
import numpy as np
import pandas as pd
from mlflow.entities import Metric, Param, RunTag
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.tree import DecisionTreeClassifier

client = mlflow.MlflowClient()


class Flow(unittest.TestCase):
    """Each flow has an experiment of its own."""

    def setUp(self):
        self.experiment = client.create_experiment(f"{self.id()} {uuid.uuid4().hex[:8]}")
        mlflow.set_experiment(experiment_id=self.experiment)

    def files(self, run, path=None):
        listed = client.list_artifacts(run, path)
        below = [file for folder in listed if folder.is_dir for file in self.files(run, folder.path)]
        return sorted([file.path for file in listed if not file.is_dir] + below)


class Autologging(Flow):
    def setUp(self):
        super().setUp()
        mlflow.sklearn.autolog(log_models=False)
        self.addCleanup(mlflow.sklearn.autolog, disable=True)
        self.features, self.target = load_iris(return_X_y=True, as_frame=True)

    def test_a_fit_is_a_run_with_its_params_metrics_dataset_and_plots(self):
        with mlflow.start_run() as started:
            LogisticRegression(C=0.5, max_iter=500).fit(self.features, self.target)
        run = client.get_run(started.info.run_id)
        self.assertEqual((run.data.params["C"], run.data.params["max_iter"]), ("0.5", "500"))
        self.assertEqual(run.data.tags["estimator_name"], "LogisticRegression")
        self.assertGreater(run.data.metrics["training_accuracy_score"], 0.9)
        self.assertIn("training_confusion_matrix.png", self.files(started.info.run_id))
        [used] = run.inputs.dataset_inputs
        self.assertIn("num_rows", used.dataset.profile)

    def test_a_score_after_the_fit_is_added_to_it(self):
        with mlflow.start_run() as started:
            model = DecisionTreeClassifier(max_depth=2).fit(self.features, self.target)
            model.score(self.features, self.target)
        metrics = client.get_run(started.info.run_id).data.metrics
        self.assertTrue([name for name in metrics if name.startswith("DecisionTreeClassifier_score")], metrics)

    def test_a_search_of_hyperparameters_has_a_child_for_each(self):
        grid = {"max_depth": [1, 2], "min_samples_leaf": [1, 5]}
        with mlflow.start_run() as started:
            GridSearchCV(DecisionTreeClassifier(), grid, cv=2).fit(self.features, self.target)
        run = client.get_run(started.info.run_id)
        self.assertIn("best_max_depth", run.data.params)
        self.assertIn("cv_results.csv", self.files(started.info.run_id))
        children = client.search_runs([self.experiment], f"tags.mlflow.parentRunId = '{started.info.run_id}'")
        depths = sorted((child.data.params["max_depth"], child.data.params["min_samples_leaf"]) for child in children)
        self.assertEqual(depths, [("1", "1"), ("1", "5"), ("2", "1"), ("2", "5")])


class Datasets(Flow):
    def test_frames_and_arrays_are_inputs_with_schema_profile_and_source(self):
        frame = pd.DataFrame({"length": [1.5, 2.5], "kind": ["a", "b"]})
        with mlflow.start_run() as started:
            data = mlflow.data.from_pandas(frame, source="https://example.com/f.csv", name="frame", targets="kind")
            mlflow.log_input(data, context="training", tags={"owner": "ann"})
            mlflow.log_input(mlflow.data.from_numpy(np.zeros((3, 2)), name="array"), context="validation")
        inputs = {used.dataset.name: used for used in client.get_run(started.info.run_id).inputs.dataset_inputs}
        self.assertEqual(set(inputs), {"frame", "array"})
        tags = {tag.key: tag.value for tag in inputs["frame"].tags}
        self.assertEqual(tags, {"mlflow.data.context": "training", "owner": "ann"})
        self.assertIn('"name": "length"', inputs["frame"].dataset.schema)
        self.assertEqual(mlflow.data.get_source(inputs["frame"]).url, "https://example.com/f.csv")

    def test_runs_are_found_by_the_dataset_they_used(self):
        data = mlflow.data.from_pandas(pd.DataFrame({"x": range(9)}), name="nine")
        for context in ["training", "test"]:
            with mlflow.start_run(run_name=context):
                mlflow.log_input(data, context=context)
        found = mlflow.search_runs([self.experiment], "datasets.name = 'nine' and datasets.context = 'test'")
        self.assertEqual(list(found["tags.mlflow.runName"]), ["test"])
        self.assertEqual(len(mlflow.search_runs([self.experiment], f"datasets.digest = '{data.digest}'")), 2)


class Frames(Flow):
    def test_runs_come_as_a_table(self):
        for depth in range(3):
            with mlflow.start_run(run_name=f"depth {depth}"):
                mlflow.log_param("depth", depth)
                mlflow.log_metric("score", depth / 2)
        table = mlflow.search_runs([self.experiment], order_by=["metrics.score DESC"])
        self.assertEqual(list(table["params.depth"]), ["2", "1", "0"])
        self.assertEqual(list(table["metrics.score"]), [1.0, 0.5, 0.0])
        self.assertEqual(set(table["status"]), {"FINISHED"})

    def test_a_table_grows_with_each_run_of_a_loop(self):
        with mlflow.start_run() as started:
            mlflow.log_table({"question": ["one"], "answer": ["yes"]}, "answers.json")
            mlflow.log_table(pd.DataFrame({"question": ["two"], "answer": ["no"]}), "answers.json")
        table = mlflow.load_table("answers.json", run_ids=[started.info.run_id], extra_columns=["run_id"])
        self.assertEqual(list(table["answer"]), ["yes", "no"])
        self.assertEqual(set(table["run_id"]), {started.info.run_id})


class Pictures(Flow):
    def test_figures_and_images_come_back(self):
        figure, axes = plt.subplots()
        axes.plot([0, 1], [1, 0])
        pixels = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
        with mlflow.start_run() as started:
            mlflow.log_figure(figure, "plots/curve.png")
            mlflow.log_figure(figure, "plots/curve.svg")
            mlflow.log_image(pixels, "pixels.png")
            mlflow.log_image(pixels, key="digit", step=3)
        plt.close(figure)
        run = started.info.run_id
        self.assertEqual(self.files(run, "plots"), ["plots/curve.png", "plots/curve.svg"])
        self.assertTrue((np.array(mlflow.artifacts.load_image(f"runs:/{run}/pixels.png")) == pixels).all())
        pictures = self.files(run, "images")
        self.assertEqual([Path(name).suffix for name in pictures], [".webp", ".png"], pictures)
        down = Path(client.download_artifacts(run, "images", tempfile.mkdtemp()))
        self.assertEqual(sorted(f"images/{path.name}" for path in down.iterdir()), pictures)
        self.assertEqual(client.get_run(run).data.tags["mlflow.loggedImages"], "True")


class Files(Flow):
    def test_what_was_logged_is_listed_downloaded_and_deleted(self):
        folder = Path(tempfile.mkdtemp())
        (folder / "a").mkdir()
        (folder / "a/one.txt").write_text("one")
        (folder / "two.json").write_text('{"two": 2}')
        with mlflow.start_run() as started:
            mlflow.log_artifacts(str(folder), "out")
            mlflow.log_artifact(str(folder / "two.json"))
            mlflow.log_text("<h1>three</h1>", "pages/three.html")
            mlflow.log_dict({"four": [4]}, "four.yaml")
        run = started.info.run_id
        everything = ["four.yaml", "out/a/one.txt", "out/two.json", "pages/three.html", "two.json"]
        self.assertEqual(self.files(run), everything)
        self.assertEqual(mlflow.artifacts.load_text(f"runs:/{run}/pages/three.html"), "<h1>three</h1>")
        self.assertEqual(mlflow.artifacts.load_dict(f"{started.info.artifact_uri}/two.json"), {"two": 2})
        down = Path(mlflow.artifacts.download_artifacts(run_id=run, dst_path=tempfile.mkdtemp()))
        self.assertEqual(sorted(str(p.relative_to(down)) for p in down.rglob("*") if p.is_file()), everything)
        get_artifact_repository(started.info.artifact_uri).delete_artifacts("out")
        self.assertEqual(self.files(run), ["four.yaml", "pages/three.html", "two.json"])


class InTheBackground(Flow):
    def test_everything_that_was_logged_so_is_there_at_the_end_of_the_run(self):
        mlflow.config.enable_async_logging(True)
        self.addCleanup(mlflow.config.enable_async_logging, False)
        with mlflow.start_run() as started:
            mlflow.log_params({f"p{i}": i for i in range(250)})
            for step in range(300):
                mlflow.log_metrics({"loss": 1 / (step + 1), "rate": step}, step=step)
            mlflow.set_tags({f"t{i}": i for i in range(120)})
        run = client.get_run(started.info.run_id)
        self.assertEqual(len(run.data.params), 250)
        self.assertEqual(len([tag for tag in run.data.tags if tag.startswith("t")]), 120)
        for name in ["loss", "rate"]:
            history = client.get_metric_history(started.info.run_id, name)
            self.assertEqual(sorted(point.step for point in history), list(range(300)))

    def test_a_batch_can_be_waited_for(self):
        run = client.create_run(self.experiment).info.run_id
        points = [Metric("loss", s / 7, 1_700_000_000_000 + s, s) for s in range(900)]
        logged = client.log_batch(run, points, [Param("a", "1")], [RunTag("b", "2")], synchronous=False)
        logged.wait()
        self.assertEqual(len(client.get_metric_history(run, "loss")), 900)


class SystemMetrics(Flow):
    def test_a_run_samples_the_machine_it_runs_on(self):
        mlflow.set_system_metrics_sampling_interval(0.1)
        mlflow.set_system_metrics_samples_before_logging(1)
        deadline = time.monotonic() + 60
        with mlflow.start_run(log_system_metrics=True) as started:
            while not self.sampled(started.info.run_id) and time.monotonic() < deadline:
                time.sleep(0.05)
        self.assertIn("system/cpu_utilization_percentage", self.sampled(started.info.run_id))
        self.assertIn("system/system_memory_usage_megabytes", self.sampled(started.info.run_id))

    def sampled(self, run):
        return [name for name in client.get_run(run).data.metrics if name.startswith("system/")]


class Jobs(Flow):
    def test_a_job_joins_the_run_that_its_environment_names(self):
        run = client.create_run(self.experiment).info.run_id
        os.environ["MLFLOW_RUN_ID"] = run
        with mlflow.start_run() as joined:
            mlflow.log_metric("from_the_job", 1)
        self.assertNotIn("MLFLOW_RUN_ID", os.environ)
        self.assertEqual(joined.info.run_id, run)
        kept = client.get_run(run)
        self.assertEqual((kept.info.status, kept.data.metrics), ("FINISHED", {"from_the_job": 1.0}))

    def test_notes_names_and_nesting(self):
        with mlflow.start_run(run_name="outer", description="first note") as outer:
            with mlflow.start_run(run_name="inner", nested=True) as inner:
                self.assertEqual(mlflow.get_parent_run(inner.info.run_id).info.run_id, outer.info.run_id)
            mlflow.set_tag("mlflow.note.content", "second **note**")
            mlflow.set_tag("mlflow.runName", "renamed")
        kept = client.get_run(outer.info.run_id)
        self.assertEqual((kept.info.run_name, kept.data.tags["mlflow.note.content"]), ("renamed", "second **note**"))
        client.update_run(outer.info.run_id, status="KILLED", name="renamed again")
        self.assertEqual(client.get_run(outer.info.run_id).data.tags["mlflow.runName"], "renamed again")

    def test_unnamed_runs_get_names_of_their_own(self):
        names = {client.create_run(self.experiment).info.run_name for _ in range(30)}
        self.assertEqual(len(names), 30)
