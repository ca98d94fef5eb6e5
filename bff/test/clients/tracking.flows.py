"""What people do with MLflow's own client, against the server that MLFLOW_TRACKING_URI names. No more than mlflow-skinny."""

import concurrent.futures
import math
import os
import tempfile
import unittest
import uuid
from pathlib import Path

import mlflow
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag, ViewType
from mlflow.exceptions import MlflowException

client = mlflow.MlflowClient()


def unique(name):
    return f"{name} {uuid.uuid4().hex[:8]}"


class Experiments(unittest.TestCase):
    def test_an_experiment_is_made_found_renamed_and_tagged(self):
        name = unique("made")
        made = client.create_experiment(name, tags={"team": "red"})
        client.set_experiment_tag(made, "stage", "draft")
        client.rename_experiment(made, name + " again")
        found = client.get_experiment_by_name(name + " again")
        self.assertEqual((found.experiment_id, found.tags), (made, {"team": "red", "stage": "draft"}))
        self.assertIsNone(client.get_experiment_by_name(name))
        search = client.search_experiments(filter_string=f"name LIKE '{name}%' AND tags.team = 'red'")
        self.assertEqual([e.experiment_id for e in search], [made])

    def test_a_name_is_taken_once(self):
        name = unique("taken")
        client.create_experiment(name)
        with self.assertRaises(MlflowException) as refused:
            client.create_experiment(name)
        self.assertEqual(refused.exception.error_code, "RESOURCE_ALREADY_EXISTS")

    def test_a_deleted_experiment_comes_back_with_its_runs(self):
        made = client.create_experiment(unique("deleted"))
        run = client.create_run(made).info.run_id
        client.delete_experiment(made)
        self.assertEqual(client.get_experiment(made).lifecycle_stage, "deleted")
        deleted = client.search_experiments(view_type=ViewType.DELETED_ONLY)
        self.assertIn(made, [e.experiment_id for e in deleted])
        client.restore_experiment(made)
        self.assertEqual([r.info.run_id for r in client.search_runs([made])], [run])

    def test_set_experiment_makes_it_at_first_and_finds_it_later(self):
        name = unique("set")
        first = mlflow.set_experiment(name)
        self.assertEqual(mlflow.set_experiment(name).experiment_id, first.experiment_id)


class Runs(unittest.TestCase):
    def setUp(self):
        self.experiment = client.create_experiment(unique("runs"))
        mlflow.set_experiment(experiment_id=self.experiment)

    def test_a_run_as_in_the_quick_start(self):
        with mlflow.start_run(run_name="first", description="how it went") as run:
            mlflow.log_param("lr", 0.1)
            mlflow.log_params({"depth": 3, "name": "größer ✓"})
            for step in range(20):
                mlflow.log_metric("loss", 1 / (step + 1), step=step)
            mlflow.log_metrics({"accuracy": 0.9, "recall": 0.8}, step=20)
            mlflow.set_tags({"kind": "test", "mlflow.custom": "x"})
        kept = client.get_run(run.info.run_id)
        self.assertEqual((kept.info.status, kept.info.run_name), ("FINISHED", "first"))
        self.assertGreaterEqual(kept.info.end_time, kept.info.start_time)
        self.assertEqual(kept.data.params, {"lr": "0.1", "depth": "3", "name": "größer ✓"})
        self.assertEqual(kept.data.metrics, {"loss": 0.05, "accuracy": 0.9, "recall": 0.8})
        self.assertEqual(kept.data.tags["mlflow.note.content"], "how it went")
        self.assertEqual(kept.data.tags["kind"], "test")

    def test_a_run_that_raises_is_failed_and_its_child_is_nested(self):
        with self.assertRaises(ZeroDivisionError):
            with mlflow.start_run() as parent:
                with mlflow.start_run(nested=True) as child:
                    pass
                1 / 0
        self.assertEqual(client.get_run(parent.info.run_id).info.status, "FAILED")
        inside = client.search_runs([self.experiment], f"tags.mlflow.parentRunId = '{parent.info.run_id}'")
        self.assertEqual([r.info.run_id for r in inside], [child.info.run_id])

    def test_a_run_is_taken_up_again(self):
        with mlflow.start_run() as run:
            mlflow.log_metric("loss", 1, step=0)
        with mlflow.start_run(run_id=run.info.run_id):
            mlflow.log_metric("loss", 0.5, step=1)
        history = client.get_metric_history(run.info.run_id, "loss")
        self.assertEqual([(m.step, m.value) for m in history], [(0, 1.0), (1, 0.5)])

    def test_a_param_is_written_once(self):
        run = client.create_run(self.experiment).info.run_id
        client.log_param(run, "lr", "0.1")
        client.log_param(run, "lr", "0.1")
        with self.assertRaises(MlflowException) as refused:
            client.log_param(run, "lr", "0.2")
        self.assertEqual(refused.exception.error_code, "INVALID_PARAMETER_VALUE")
        self.assertEqual(client.get_run(run).data.params, {"lr": "0.1"})

    def test_tags_are_replaced_and_removed(self):
        run = client.create_run(self.experiment, tags={"a": "1"}).info.run_id
        client.set_tag(run, "a", "2")
        client.set_tag(run, "b", "3")
        client.delete_tag(run, "b")
        tags = client.get_run(run).data.tags
        self.assertEqual((tags["a"], "b" in tags), ("2", False))

    def test_a_deleted_run_is_hidden_refuses_logging_and_comes_back(self):
        run = client.create_run(self.experiment).info.run_id
        client.delete_run(run)
        self.assertEqual(client.search_runs([self.experiment]), [])
        with self.assertRaises(MlflowException):
            client.log_param(run, "a", "b")
        client.restore_run(run)
        self.assertEqual(len(client.search_runs([self.experiment])), 1)

    def test_a_dataset_is_an_input(self):
        run = client.create_run(self.experiment).info.run_id
        wine = Dataset("wine", "0123abcd", "http", '{"url": "https://example.com/wine.csv"}')
        client.log_inputs(run, [DatasetInput(wine, [InputTag("mlflow.data.context", "training")])])
        [used] = client.get_run(run).inputs.dataset_inputs
        self.assertEqual((used.dataset.name, used.dataset.digest), ("wine", "0123abcd"))
        self.assertEqual([(t.key, t.value) for t in used.tags], [("mlflow.data.context", "training")])
        found = client.search_runs([self.experiment], "datasets.name = 'wine'")
        self.assertEqual([r.info.run_id for r in found], [run])


class Metrics(unittest.TestCase):
    def setUp(self):
        experiment = client.create_experiment(unique("metrics"))
        mlflow.set_experiment(experiment_id=experiment)
        self.run = client.create_run(experiment).info.run_id

    def test_a_long_curve_comes_back_whole_and_in_order(self):
        for start in range(0, 5_000, 1_000):
            points = [Metric("loss", 1 / (s + 1), 1_700_000_000_000 + s, s) for s in range(start, start + 1_000)]
            client.log_batch(self.run, metrics=points)
        history = client.get_metric_history(self.run, "loss")
        self.assertEqual([(m.step, m.value) for m in history], [(s, 1 / (s + 1)) for s in range(5_000)])

    def test_values_beyond_numbers(self):
        for step, value in enumerate([math.nan, math.inf, -math.inf, 1e308]):
            client.log_metric(self.run, "edge", value, step=step)
        values = [m.value for m in client.get_metric_history(self.run, "edge")]
        self.assertTrue(math.isnan(values[0]))
        self.assertEqual(values[1:], [1.7976931348623157e308, -1.7976931348623157e308, 1e308])

    def test_steps_and_times_of_64_bits(self):
        client.log_metric(self.run, "far", 1.5, timestamp=2**53 + 1, step=2**62 + 1)
        client.log_metric(self.run, "far", 2.5, timestamp=5, step=-(2**62) - 1)
        history = client.get_metric_history(self.run, "far")
        self.assertEqual({(m.timestamp, m.step) for m in history}, {(2**53 + 1, 2**62 + 1), (5, -(2**62) - 1)})
        self.assertEqual(client.get_run(self.run).data.metrics["far"], 1.5)

    def test_a_retried_batch_counts_once(self):
        points = [Metric("loss", s / 7, 1_700_000_000_000, s) for s in range(300)]
        for _ in range(2):
            client.log_batch(self.run, metrics=points, params=[Param("a", "1")], tags=[RunTag("b", "2")])
        self.assertEqual(len(client.get_metric_history(self.run, "loss")), 300)

    def test_logging_in_the_background(self):
        with mlflow.start_run(run_id=self.run):
            for step in range(200):
                mlflow.log_metric("loss", step, step=step, synchronous=False)
            mlflow.log_params({f"p{i}": i for i in range(50)}, synchronous=False)
            mlflow.flush_async_logging()
        self.assertEqual(len(client.get_metric_history(self.run, "loss")), 200)
        self.assertEqual(len(client.get_run(self.run).data.params), 50)

    def test_eight_writers_at_once(self):
        def write(worker):
            for step in range(25):
                client.log_metric(self.run, "shared", worker + step / 100, step=step)

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(write, range(8)))
        self.assertEqual(len(client.get_metric_history(self.run, "shared")), 200)


class Search(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.experiment = client.create_experiment(unique("search"))
        for i in range(25):
            run = client.create_run(cls.experiment, tags={"parity": "odd" if i % 2 else "even"}, run_name=f"run {i}")
            client.log_batch(
                run.info.run_id,
                metrics=[Metric("score", i / 25, 1_700_000_000_000, 0)],
                params=[Param("depth", str(i % 5))],
            )

    def names(self, **query):
        return [r.info.run_name for r in client.search_runs([self.experiment], **query)]

    def test_filters_and_order(self):
        found = self.names(
            filter_string="metrics.score > 0.5 and params.depth = '1' and tags.parity = 'even'",
            order_by=["metrics.score DESC"],
        )
        self.assertEqual(found, ["run 16"])
        self.assertEqual(len(self.names(filter_string="attributes.run_name ILIKE 'RUN 1%'")), 11)
        self.assertEqual(len(self.names(filter_string="attributes.run_name IN ('run 1', 'run 2')")), 2)
        self.assertEqual(self.names(order_by=["metrics.score ASC"])[:3], ["run 0", "run 1", "run 2"])

    def test_pages_are_whole_and_disjoint(self):
        seen, token = [], None
        while True:
            page = client.search_runs([self.experiment], max_results=10, order_by=["params.depth ASC"], page_token=token)
            seen += [r.info.run_id for r in page]
            token = page.token
            if not token:
                break
        self.assertEqual((len(seen), len(set(seen))), (25, 25))

    def test_a_wrong_filter_is_refused(self):
        for wrong in ["metrics.score >", "nothing.score > 1", "metrics.score = 'text'"]:
            with self.assertRaises(MlflowException) as refused:
                self.names(filter_string=wrong)
            self.assertEqual(refused.exception.error_code, "INVALID_PARAMETER_VALUE")


class Artifacts(unittest.TestCase):
    def setUp(self):
        self.run = client.create_run(client.create_experiment(unique("artifacts"))).info.run_id

    def download(self, path):
        return Path(client.download_artifacts(self.run, path, tempfile.mkdtemp()))

    def test_text_and_json_with_hard_names(self):
        client.log_text(self.run, "grüße\n", "notes/ä b+c.txt")
        client.log_dict(self.run, {"a": [1, 2]}, "config.json")
        self.assertEqual(self.download("notes/ä b+c.txt").read_text(encoding="utf8"), "grüße\n")
        self.assertEqual(mlflow.artifacts.load_dict(f"runs:/{self.run}/config.json"), {"a": [1, 2]})
        listed = {(f.path, f.is_dir) for f in client.list_artifacts(self.run)}
        self.assertEqual(listed, {("notes", True), ("config.json", False)})

    def test_a_folder_goes_up_and_comes_down(self):
        folder = Path(tempfile.mkdtemp())
        (folder / "model/weights").mkdir(parents=True)
        big = os.urandom(12 * 1024 * 1024 + 17)
        (folder / "model/weights/w.bin").write_bytes(big)
        (folder / "model/MLmodel").write_text("flavors: {}\n")
        (folder / "empty").write_bytes(b"")
        client.log_artifacts(self.run, str(folder), "out")
        listed = {f.path: f.file_size for f in client.list_artifacts(self.run, "out/model/weights")}
        self.assertEqual(listed, {"out/model/weights/w.bin": len(big)})
        down = self.download("out")
        self.assertEqual((down / "model/weights/w.bin").read_bytes(), big)
        self.assertEqual((down / "empty").read_bytes(), b"")

    def test_a_file_is_replaced(self):
        for text in ["one", "two, longer"]:
            client.log_text(self.run, text, "a.txt")
        self.assertEqual(self.download("a.txt").read_text(), "two, longer")

    def test_what_is_not_there_is_said(self):
        self.assertEqual(client.list_artifacts(self.run, "nowhere"), [])
        with self.assertRaises(Exception):
            self.download("nowhere.txt")
