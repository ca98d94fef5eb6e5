"""What people do with the model registry, from the first version to its retirement."""

import tempfile
import unittest
import uuid
from pathlib import Path

import mlflow
import numpy as np
from mlflow.exceptions import MlflowException
from sklearn.linear_model import LinearRegression

client = mlflow.MlflowClient()


def unique(name):
    return f"{name} {uuid.uuid4().hex[:8]}"


class Flow(unittest.TestCase):
    """Each flow has an experiment of its own, and registers what it needs."""

    def setUp(self):
        self.experiment = client.create_experiment(unique(self.id()))
        mlflow.set_experiment(experiment_id=self.experiment)

    def model(self, versions=0, **more):
        name = unique("model")
        client.create_registered_model(name, **more)
        for _ in range(versions):
            client.create_model_version(name, "s3://bucket/model")
        return name

    def refused(self, code):
        test = self

        class Refused:
            def __enter__(self):
                return self

            def __exit__(self, kind, error, trace):
                test.assertIsInstance(error, MlflowException)
                test.assertEqual(error.error_code, code)
                return True

        return Refused()


class RegisteredModels(Flow):
    def test_a_model_is_made_described_tagged_and_found(self):
        name = self.model(description="first", tags={"team": "red"})
        client.update_registered_model(name, "second")
        client.set_registered_model_tag(name, "stage", "draft\nof two lines")
        client.set_registered_model_tag(name, "gone", "soon")
        client.delete_registered_model_tag(name, "gone")
        found = client.get_registered_model(name)
        self.assertEqual(found.description, "second")
        self.assertEqual(found.tags, {"team": "red", "stage": "draft\nof two lines"})
        self.assertGreaterEqual(found.last_updated_timestamp, found.creation_timestamp)

    def test_a_name_is_taken_once(self):
        name = self.model()
        with self.refused("RESOURCE_ALREADY_EXISTS"):
            client.create_registered_model(name)

    def test_a_model_is_renamed_with_all_it_has(self):
        name = self.model(versions=2, tags={"a": "b"})
        client.set_registered_model_alias(name, "champion", "1")
        client.rename_registered_model(name, name + " again")
        found = client.get_registered_model(name + " again")
        self.assertEqual((found.tags, found.aliases), ({"a": "b"}, {"champion": "1"}))
        self.assertEqual(client.get_model_version(name + " again", "2").name, name + " again")
        with self.refused("RESOURCE_DOES_NOT_EXIST"):
            client.get_registered_model(name)

    def test_a_model_is_deleted_with_its_versions(self):
        name = self.model(versions=2)
        client.delete_registered_model(name)
        with self.refused("RESOURCE_DOES_NOT_EXIST"):
            client.get_model_version(name, "1")
        client.create_registered_model(name)
        self.assertEqual(client.create_model_version(name, "s3://bucket/x").version, "1")

    def test_models_are_searched_page_by_page(self):
        mark = uuid.uuid4().hex
        for number in range(5):
            client.create_registered_model(f"{mark} {number}", tags={"mark": mark, "even": str(number % 2 == 0)})
        found, token = [], None
        while True:
            page = client.search_registered_models(
                f"tags.mark = '{mark}'", max_results=2, order_by=["name DESC"], page_token=token
            )
            found += [model.name[-1] for model in page]
            token = page.token
            if not token:
                break
        self.assertEqual("".join(found), "43210")
        even = client.search_registered_models(f"name LIKE '{mark}%' AND tags.even = 'True'")
        self.assertEqual([model.name[-1] for model in even], ["0", "2", "4"])
        with self.refused("INVALID_PARAMETER_VALUE"):
            client.search_registered_models("colour = 'red'")


class ModelVersions(Flow):
    def test_a_version_is_made_described_tagged_and_deleted(self):
        name = self.model(versions=1)
        made = client.create_model_version(name, "s3://bucket/two", description="d", tags={"kind": "forest"})
        self.assertEqual((made.version, made.current_stage, made.status), ("2", "None", "READY"))
        client.update_model_version(name, "2", "better")
        client.set_model_version_tag(name, "2", "checked", "yes")
        client.delete_model_version_tag(name, "2", "kind")
        found = client.get_model_version(name, "2")
        self.assertEqual((found.description, found.tags), ("better", {"checked": "yes"}))
        self.assertEqual(client.get_model_version_download_uri(name, "2"), "s3://bucket/two")
        client.delete_model_version(name, "2")
        with self.refused("RESOURCE_DOES_NOT_EXIST"):
            client.get_model_version(name, "2")
        self.assertEqual(client.create_model_version(name, "s3://bucket/three").version, "3")

    def test_stages_move_and_archive_what_was_there(self):
        name = self.model(versions=3)
        client.transition_model_version_stage(name, "1", "Production")
        client.transition_model_version_stage(name, "2", "staging")
        client.transition_model_version_stage(name, "3", "Production", archive_existing_versions=True)
        stages = {v.version: v.current_stage for v in client.search_model_versions(f"name = '{name}'")}
        self.assertEqual(stages, {"1": "Archived", "2": "Staging", "3": "Production"})
        latest = {v.current_stage: v.version for v in client.get_latest_versions(name)}
        self.assertEqual(latest, {"Archived": "1", "Staging": "2", "Production": "3"})
        self.assertEqual([v.version for v in client.get_latest_versions(name, ["Production"])], ["3"])
        with self.refused("INVALID_PARAMETER_VALUE"):
            client.transition_model_version_stage(name, "1", "live")

    def test_aliases_move_and_go(self):
        name = self.model(versions=2)
        client.set_registered_model_alias(name, "champion", "1")
        client.set_registered_model_alias(name, "champion", "2")
        self.assertEqual(client.get_model_version_by_alias(name, "champion").version, "2")
        self.assertEqual(client.get_model_version(name, "2").aliases, ["champion"])
        client.delete_registered_model_alias(name, "champion")
        with self.refused("INVALID_PARAMETER_VALUE"):
            client.get_model_version_by_alias(name, "champion")
        with self.refused("INVALID_PARAMETER_VALUE"):
            client.set_registered_model_alias(name, "v1", "1")

    def test_versions_are_searched_page_by_page(self):
        name = self.model(versions=5)
        run = client.create_run(self.experiment).info.run_id
        client.create_model_version(name, f"runs:/{run}/model", run_id=run)
        found, token = [], None
        while True:
            page = client.search_model_versions(
                f"name = '{name}'", max_results=4, order_by=["version_number ASC"], page_token=token
            )
            found += [version.version for version in page]
            token = page.token
            if not token:
                break
        self.assertEqual(found, ["1", "2", "3", "4", "5", "6"])
        by_run = client.search_model_versions(f"run_id = '{run}'")
        self.assertEqual([(v.name, v.version, v.run_id) for v in by_run], [(name, "6", run)])

    def test_a_version_is_copied_to_another_model(self):
        name, production = self.model(), unique("production")
        run = client.create_run(self.experiment).info.run_id
        made = client.create_model_version(name, f"runs:/{run}/model", run_id=run, tags={"a": "b"})
        copy = client.copy_model_version(f"models:/{name}/{made.version}", production)
        self.assertEqual((copy.name, copy.version, copy.run_id), (production, "1", run))
        self.assertEqual(copy.source, f"models:/{name}/1")
        uris = [client.get_model_version_download_uri(model, "1") for model in [name, production]]
        self.assertEqual(uris[0], uris[1])
        again = client.copy_model_version(f"models:/{name}/1", production)
        self.assertEqual(again.version, "2")


class RegisteredFiles(Flow):
    """A model that was trained, registered, and is used by its name."""

    def setUp(self):
        super().setUp()
        self.name = unique("line")
        line = LinearRegression().fit(np.array([[0.0], [1.0]]), np.array([1.0, 3.0]))
        with mlflow.start_run() as run:
            self.logged = mlflow.sklearn.log_model(line, name="line", registered_model_name=self.name)
        self.run = run.info.run_id

    def predicts(self, uri):
        [found] = mlflow.pyfunc.load_model(uri).predict(np.array([[2.0]]))
        self.assertAlmostEqual(float(found), 5.0)

    def test_it_is_loaded_by_version_alias_stage_and_the_newest(self):
        client.set_registered_model_alias(self.name, "champion", "1")
        client.transition_model_version_stage(self.name, "1", "Production")
        for place in ["/1", "@champion", "/Production", "/latest"]:
            self.predicts(f"models:/{self.name}{place}")

    def test_it_knows_its_run_and_its_logged_model(self):
        version = client.get_model_version(self.name, "1")
        self.assertEqual((version.run_id, version.status), (self.run, "READY"))
        tags = client.get_logged_model(self.logged.model_id).tags
        self.assertIn(self.name, tags["mlflow.modelVersions"])

    def test_it_is_registered_again_from_its_run_and_from_its_logged_model(self):
        for uri in [f"runs:/{self.run}/line", f"models:/{self.logged.model_id}"]:
            version = mlflow.register_model(uri, self.name)
            self.assertEqual((version.run_id, version.status), (self.run, "READY"))
            self.predicts(f"models:/{self.name}/{version.version}")

    def test_a_copy_is_loaded_as_well(self):
        copy = client.copy_model_version(f"models:/{self.name}/1", unique("copy"))
        self.predicts(f"models:/{copy.name}/{copy.version}")

    def test_its_files_are_downloaded(self):
        folder = mlflow.artifacts.download_artifacts(f"models:/{self.name}/1", dst_path=tempfile.mkdtemp())
        self.assertIn("MLmodel", [path.name for path in Path(folder).iterdir()])
