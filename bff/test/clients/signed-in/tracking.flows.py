"""What people log and see who have signed in: their own, what they were given, and nothing else."""

import concurrent.futures
import tempfile
from pathlib import Path

import mlflow
from people import Flow, auth, client, grant_experiment, grant_model, means, new_person, root, unique


class SignedIn(Flow):
    def logged(self):
        """A run with a metric and an artifact."""
        with mlflow.start_run(experiment_id=self.experiment) as run:
            mlflow.log_param("lr", 0.1)
            mlflow.log_metric("loss", 0.5)
            mlflow.log_text("of ann", "notes/n.txt")
        return run.info.run_id

    def whole(self, signed_in):
        with signed_in:
            run = self.logged()
            self.assertEqual(client.get_run(run).data.metrics, {"loss": 0.5})
            self.assertEqual(mlflow.artifacts.load_text(client.get_run(run).info.artifact_uri + "/notes/n.txt"), "of ann")

    def test_by_a_password(self):
        self.whole(self.ann.by_password())

    def test_by_a_token_as_the_password(self):
        self.whole(self.ann.by_token_as_password())

    def test_by_a_bearer_token(self):
        self.whole(self.ann.by_bearer_token())

    def test_by_nothing_and_by_a_wrong_password(self):
        self.ben.password, right = "of somebody else", self.ben.password
        with self.ben.by_password(), self.refused("UNAUTHENTICATED", "You are not authenticated"):
            client.search_experiments()
        self.ben.password = right
        with means(), self.refused("UNAUTHENTICATED", "MLFLOW_TRACKING_TOKEN"):
            client.search_experiments()

    def test_logging_ends_when_the_token_is_revoked(self):
        person = new_person()
        with person.by_bearer_token():
            run = client.create_run(client.create_experiment(unique("of a pipeline"))).info.run_id
            client.log_metric(run, "loss", 1)
            person.assay("DELETE", f"tokens/{person.token['token_id']}")
            with self.refused("UNAUTHENTICATED"):
                client.log_metric(run, "loss", 2)
            with self.refused("UNAUTHENTICATED"):
                client.log_batch(run, params=[mlflow.entities.Param("a", "b")])
        with person.by_password():
            self.assertEqual(client.get_run(run).data.metrics, {"loss": 1})

    def test_a_reader_reads_and_an_editor_logs(self):
        with self.ann.by_password():
            run = self.logged()
            grant_experiment(self.ben, self.experiment, "READ")
        with self.ben.by_token_as_password():
            self.assertEqual(client.get_run(run).data.params, {"lr": "0.1"})
            self.assertEqual([f.path for f in client.list_artifacts(run)], ["notes"])
            with self.refused("PERMISSION_DENIED", "EDIT"):
                client.log_metric(run, "loss", 0)
            with self.refused("PERMISSION_DENIED", "MANAGE"):
                client.delete_run(run)
        other = new_person()
        with self.ann.by_password():
            grant_experiment(other, self.experiment, "EDIT")
        with other.by_bearer_token():
            client.log_metric(run, "loss", 0.25)


class OfOthers(Flow):
    def test_set_experiment_says_what_to_ask_for(self):
        with self.ann.by_password():
            name = client.get_experiment(self.experiment).name
        with self.ben.by_password():
            with self.refused("PERMISSION_DENIED", "Permission denied", "READ", "manages it"):
                mlflow.set_experiment(name)
            with self.refused("PERMISSION_DENIED", "READ"):
                mlflow.set_experiment(experiment_id=self.experiment)

    def test_the_default_experiment_is_nobodys(self):
        with self.ben.by_password(), self.refused("PERMISSION_DENIED", "set_experiment"):
            client.create_run("0")

    def test_runs_and_artifacts_are_not_theirs(self):
        with self.ann.by_password():
            run = client.create_run(self.experiment).info.run_id
            client.log_text(run, "of ann", "notes/n.txt")
            uri = client.get_run(run).info.artifact_uri
        with self.ben.by_password():
            for asked in [
                lambda: client.get_run(run),
                lambda: client.log_metric(run, "loss", 1),
                lambda: client.get_metric_history(run, "loss"),
                lambda: client.list_artifacts(run),
                lambda: client.create_run(self.experiment),
            ]:
                with self.refused("PERMISSION_DENIED", "Permission denied"):
                    asked()
            self.assertEqual(list(client.search_runs([self.experiment])), [])
            with tempfile.TemporaryDirectory() as folder, self.assertRaisesRegex(Exception, "403|Permission denied"):
                mlflow.artifacts.download_artifacts(artifact_uri=uri + "/notes/n.txt", dst_path=folder)
            with tempfile.TemporaryDirectory() as folder, self.assertRaisesRegex(Exception, "403|Permission denied"):
                (Path(folder) / "mine.txt").write_text("of ben")
                client.log_artifact(run, Path(folder) / "mine.txt")
        with self.ann.by_password():
            self.assertEqual([f.path for f in client.list_artifacts(run)], ["notes"])

    def test_registered_models_are_not_theirs(self):
        with self.ann.by_password():
            client.create_model_version(self.model, "s3://bucket/model")
        with self.ben.by_password():
            for asked in [
                lambda: client.get_registered_model(self.model),
                lambda: client.get_model_version(self.model, "1"),
                lambda: client.set_registered_model_alias(self.model, "champion", "1"),
                lambda: client.create_model_version(self.model, "s3://bucket/mine"),
            ]:
                with self.refused("PERMISSION_DENIED", "Permission denied"):
                    asked()
            self.assertEqual(list(client.search_registered_models(f"name = '{self.model}'")), [])
            self.assertEqual(list(client.search_model_versions(f"name = '{self.model}'")), [])
        with self.ann.by_password():
            grant_model(self.ben, self.model, "READ")
        with self.ben.by_password():
            self.assertEqual(client.get_model_version(self.model, "1").version, "1")
            self.assertEqual([m.name for m in client.search_registered_models(f"name = '{self.model}'")], [self.model])

    def test_a_search_over_500_experiments_finds_the_37_that_are_seen(self):
        person, kind = new_person(), unique("kind")
        with root.by_bearer_token(), concurrent.futures.ThreadPoolExecutor(8) as pool:
            made = list(pool.map(lambda n: client.create_experiment(f"{kind} {n:03}"), range(500)))
            # every thirteenth, and not more than 37
            seen = made[::13][:37]
            for experiment in seen:
                grant_experiment(person, experiment, "READ")
        with person.by_bearer_token():
            pages, token = [], None
            while not pages or token:
                page = client.search_experiments(
                    max_results=10, page_token=token, filter_string=f"name LIKE '{kind}%'", order_by=["name ASC"]
                )
                pages.append([one.experiment_id for one in page])
                token = page.token
            self.assertEqual([len(page) for page in pages], [10, 10, 10, 7])
            self.assertEqual(sum(pages, []), seen)
            self.assertEqual({one.experiment_id for one in client.search_experiments()}, set(seen))
            self.assertEqual(auth.get_user(person.username).username, person.username)
