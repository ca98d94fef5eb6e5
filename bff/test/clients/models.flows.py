"""Logged models: what a training makes, what it is measured by, and how it is found and loaded again."""

import unittest
import uuid

import mlflow
import numpy as np
import pandas as pd
from mlflow.entities import LoggedModelInput, LoggedModelOutput, LoggedModelStatus
from mlflow.exceptions import MlflowException
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

client = mlflow.MlflowClient()


class Flow(unittest.TestCase):
    """Each flow has an experiment of its own."""

    def setUp(self):
        self.experiment = client.create_experiment(f"{self.id()} {uuid.uuid4().hex[:8]}")
        mlflow.set_experiment(experiment_id=self.experiment)

    def trained(self):
        features, target = load_iris(return_X_y=True, as_frame=True)
        return LogisticRegression(max_iter=500).fit(features, target), features

    def found(self, filter_string=None, **asked):
        models = mlflow.search_logged_models([self.experiment], filter_string, output_format="list", **asked)
        return [model.name for model in models]


class LoggedModels(Flow):
    def test_a_model_is_logged_in_a_run_and_loaded_by_its_id(self):
        line, features = self.trained()
        with mlflow.start_run() as run:
            info = mlflow.sklearn.log_model(line, name="line", input_example=features[:3], params={"degree": 2})
        model = mlflow.get_logged_model(info.model_id)
        self.assertEqual((model.status, model.name), (LoggedModelStatus.READY, "line"))
        self.assertEqual((model.source_run_id, model.params["degree"]), (run.info.run_id, "2"))
        self.assertEqual(model.model_id, mlflow.last_logged_model().model_id)
        loaded = mlflow.pyfunc.load_model(f"models:/{info.model_id}")
        np.testing.assert_array_equal(loaded.predict(features), line.predict(features))
        again = mlflow.sklearn.load_model(f"runs:/{run.info.run_id}/line")
        np.testing.assert_array_equal(again.predict(features), line.predict(features))
        [made] = client.get_run(run.info.run_id).outputs.model_outputs
        self.assertEqual(made.model_id, info.model_id)

    def test_metrics_of_the_run_are_those_of_its_model(self):
        line, _ = self.trained()
        with mlflow.start_run() as run:
            mlflow.log_metrics({"accuracy": 0.9, "recall": 0.8})
            info = mlflow.sklearn.log_model(line, name="line")
        metrics = {metric.key: metric for metric in mlflow.get_logged_model(info.model_id).metrics}
        self.assertEqual({key: metric.value for key, metric in metrics.items()}, {"accuracy": 0.9, "recall": 0.8})
        self.assertEqual(metrics["recall"].run_id, run.info.run_id)

    def test_a_model_without_a_run_goes_through_its_states(self):
        model = mlflow.initialize_logged_model(
            name="agent", tags={"team": "red"}, params={str(n): str(n) for n in range(250)}, model_type="agent"
        )
        self.assertEqual(model.status, LoggedModelStatus.PENDING)
        self.assertEqual(len(mlflow.get_logged_model(model.model_id).params), 250)
        mlflow.finalize_logged_model(model.model_id, "FAILED")
        self.assertEqual(mlflow.get_logged_model(model.model_id).status, LoggedModelStatus.FAILED)
        mlflow.finalize_logged_model(model.model_id, "READY")
        self.assertEqual(mlflow.get_logged_model(model.model_id).status, LoggedModelStatus.READY)
        self.assertEqual(mlflow.get_logged_model(model.model_id).model_type, "agent")

    def test_tags_and_params_are_added_and_tags_removed(self):
        model = mlflow.create_external_model(name="elsewhere")
        mlflow.set_logged_model_tags(model.model_id, {"team": "red", "a/b": "1"})
        mlflow.set_logged_model_tags(model.model_id, {"team": "blue"})
        mlflow.delete_logged_model_tag(model.model_id, "a/b")
        mlflow.log_model_params({"lr": "0.1"}, model.model_id)
        with self.assertRaises(MlflowException):
            mlflow.log_model_params({"lr": "0.2"}, model.model_id)
        kept = mlflow.get_logged_model(model.model_id)
        self.assertEqual((kept.tags["team"], kept.params), ("blue", {"lr": "0.1"}))
        self.assertNotIn("a/b", kept.tags)
        with self.assertRaises(MlflowException):
            mlflow.delete_logged_model_tag(model.model_id, "a/b")

    def test_a_deleted_model_is_found_no_more(self):
        model = mlflow.create_external_model(name="gone")
        client.delete_logged_model(model.model_id)
        with self.assertRaises(MlflowException) as refused:
            mlflow.get_logged_model(model.model_id)
        self.assertEqual(refused.exception.error_code, "RESOURCE_DOES_NOT_EXIST")
        self.assertEqual(self.found(), [])

    def test_a_training_that_logs_by_itself_makes_a_model(self):
        mlflow.sklearn.autolog()
        self.addCleanup(mlflow.sklearn.autolog, disable=True)
        features, target = load_iris(return_X_y=True, as_frame=True)
        with mlflow.start_run() as run:
            LogisticRegression(max_iter=500).fit(features, target)
        [model] = mlflow.search_logged_models([self.experiment], output_format="list")
        self.assertEqual(model.source_run_id, run.info.run_id)
        self.assertEqual(model.params["max_iter"], "500")
        measured = {metric.key: metric for metric in model.metrics}
        self.assertGreater(measured["training_accuracy_score"].value, 0.9)
        loaded = mlflow.pyfunc.load_model(model.model_uri)
        self.assertEqual(len(loaded.predict(features)), len(features))


class ModelMetrics(Flow):
    def setUp(self):
        super().setUp()
        frame = pd.DataFrame({"x": [1.0, 2.0], "y": [0, 1]})
        self.train = mlflow.data.from_pandas(frame, name="train")
        self.test = mlflow.data.from_pandas(frame[:1], name="test")

    def test_models_are_compared_on_a_dataset(self):
        for name, on_train, on_test in [("a", 0.9, 0.5), ("b", 0.7, 0.8), ("c", 0.6, None)]:
            model = mlflow.create_external_model(name=name)
            with mlflow.start_run():
                mlflow.log_metric("acc", on_train, model_id=model.model_id, dataset=self.train)
                if on_test is not None:
                    mlflow.log_metrics({"acc": on_test}, model_id=model.model_id, dataset=self.test)
        on = [{"dataset_name": "test", "dataset_digest": self.test.digest}]
        self.assertEqual(sorted(self.found("metrics.acc > 0.65")), ["a", "b"])
        self.assertEqual(self.found("metrics.acc > 0.65", datasets=on), ["b"])
        self.assertEqual(sorted(self.found(datasets=[{"dataset_name": "test"}])), ["a", "b"])
        best = [{"field_name": "metrics.acc", "ascending": False, "dataset_name": "train"}]
        self.assertEqual(self.found(order_by=best), ["a", "b", "c"])
        self.assertEqual(self.found(order_by=best, max_results=1), ["a"])

    def test_checkpoints_are_outputs_of_their_run_and_keep_their_steps(self):
        with mlflow.start_run() as run:
            models = [mlflow.create_external_model(name=f"step{n}") for n in range(3)]
            outputs = [LoggedModelOutput(model.model_id, step=10 * n) for n, model in enumerate(models)]
            mlflow.log_outputs(outputs)
            for n, model in enumerate(models):
                mlflow.log_metric("loss", 1 / (n + 1), step=10 * n, model_id=model.model_id)
        logged = client.get_run(run.info.run_id)
        told = {output.model_id: output.step for output in logged.outputs.model_outputs}
        self.assertEqual(told, {output.model_id: output.step for output in outputs})
        self.assertEqual(client.search_runs([self.experiment])[0].outputs.model_outputs, logged.outputs.model_outputs)
        history = client.get_metric_history(run.info.run_id, "loss")
        self.assertEqual([point.model_id for point in history], [model.model_id for model in models])
        best = client.search_logged_models([self.experiment], order_by=[{"field_name": "metrics.loss"}])
        self.assertEqual([model.name for model in best], ["step2", "step1", "step0"])

    def test_a_model_that_a_run_evaluates_is_its_input(self):
        model = mlflow.create_external_model(name="judged")
        run = client.create_run(self.experiment)
        client.log_inputs(run.info.run_id, models=[LoggedModelInput(model.model_id)])
        [used] = client.get_run(run.info.run_id).inputs.model_inputs
        self.assertEqual(used.model_id, model.model_id)

    def test_metrics_go_to_the_active_model(self):
        mlflow.set_active_model(name="active")
        self.addCleanup(mlflow.clear_active_model)
        with mlflow.start_run():
            mlflow.log_metric("loss", 0.5)
        self.assertEqual(self.found("metrics.loss = 0.5"), ["active"])


class FindingModels(Flow):
    def setUp(self):
        super().setUp()
        for n in range(7):
            mlflow.create_external_model(
                name=f"model{n}", params={"n": str(n)}, tags={"parity": "odd" if n % 2 else "even"}
            )

    def test_filters(self):
        self.assertEqual(self.found("params.n = '3'"), ["model3"])
        self.assertEqual(sorted(self.found("tags.parity = 'odd' AND name != 'model1'")), ["model3", "model5"])
        self.assertEqual(sorted(self.found("name IN ('model1', 'model2') AND creation_timestamp > 0")), ["model1", "model2"])
        with self.assertRaises(MlflowException) as refused:
            self.found("foo = 'x'")
        self.assertEqual(refused.exception.error_code, "INVALID_PARAMETER_VALUE")

    def test_order_and_pages(self):
        seen, token = [], None
        while True:
            page = client.search_logged_models(
                [self.experiment], max_results=3, order_by=[{"field_name": "name"}], page_token=token
            )
            seen += [model.name for model in page]
            token = page.token
            if not token:
                break
        self.assertEqual(seen, [f"model{n}" for n in range(7)])

    def test_a_table_of_models(self):
        table = mlflow.search_logged_models([self.experiment])
        self.assertEqual(sorted(table["name"]), [f"model{n}" for n in range(7)])
