"""What artifacts do in one configuration of the server: `proxied`, `artifacts_only` or `not_served`. Needs boto3 beside the client."""

import os
import sys
import tempfile
import time
import traceback
from pathlib import Path

import mlflow
import requests
from mlflow.exceptions import MlflowException
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

MIB = 1024 * 1024
base = os.environ["MLFLOW_TRACKING_URI"]
client = mlflow.MlflowClient()


parts_sent = []
put = requests.put
requests.put = lambda url, **more: parts_sent.append(url) or put(url, **more)


def a_folder(size):
    folder = Path(tempfile.mkdtemp())
    (folder / "model").mkdir()
    (folder / "model/weights.bin").write_bytes(os.urandom(size))
    (folder / "notes.txt").write_text("grüße\n", encoding="utf8")
    return folder


def there_and_back(run, size):
    folder = a_folder(size)
    client.log_artifacts(run, str(folder), "out")
    listed = {f.path: f.file_size for f in client.list_artifacts(run, "out/model")}
    assert listed == {"out/model/weights.bin": size}, listed
    down = Path(client.download_artifacts(run, "out", tempfile.mkdtemp()))
    for name in ["model/weights.bin", "notes.txt"]:
        assert (down / name).read_bytes() == (folder / name).read_bytes(), name


def went_past_the_server(parts):
    """Or not, where nobody asked for it."""
    expected = parts if os.environ.get("IN_PARTS") else 0
    assert len(parts_sent) == expected, parts_sent
    assert not any(url.startswith(base) for url in parts_sent), parts_sent
    parts_sent.clear()


def refused_at_once(method, path):
    """Clients repeat 503 for minutes, and 501 not at all. The input makes no sense: nobody should look at it."""
    answer = requests.request(method, base + path, data="{no json", headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["error_code"]) == (501, "NOT_IMPLEMENTED"), answer.text


class Proxied:
    def the_default_place(self):
        run = client.create_run("0")
        assert run.info.artifact_uri == f"mlflow-artifacts:/0/{run.info.run_id}/artifacts"
        there_and_back(run.info.run_id, 12 * MIB + 17)
        went_past_the_server(3)

    def a_bucket_of_its_own(self):
        location = os.environ["OTHER_LOCATION"]
        experiment = client.create_experiment("elsewhere", artifact_location=location)
        assert client.get_experiment(experiment).artifact_location == location
        run = client.create_run(experiment)
        assert run.info.artifact_uri == f"mlflow-artifacts:/{experiment}/{run.info.run_id}/artifacts"
        there_and_back(run.info.run_id, 12 * MIB + 17)
        went_past_the_server(3)

    def a_place_that_is_not_allowed(self):
        for location in ["s3://nowhere/x", "file:///etc", "/etc", "http://127.0.0.1:1/x"]:
            try:
                client.create_experiment("refused", artifact_location=location)
            except MlflowException as refused:
                assert refused.error_code == "INVALID_PARAMETER_VALUE", refused
                assert os.environ["OTHER_LOCATION"].rsplit("/", 1)[0] in str(refused), refused
            else:
                raise AssertionError(f"{location} was accepted")


class ArtifactsOnly:
    def artifacts(self):
        repository = get_artifact_repository("mlflow-artifacts:/7/" + "a" * 32 + "/artifacts")
        folder = a_folder(6 * MIB)
        repository.log_artifacts(str(folder), "out")
        went_past_the_server(2)
        assert [f.path for f in repository.list_artifacts("out")] == ["out/model", "out/notes.txt"]
        down = Path(repository.download_artifacts("out", tempfile.mkdtemp()))
        assert (down / "model/weights.bin").read_bytes() == (folder / "model/weights.bin").read_bytes()
        repository.delete_artifacts("out")
        assert repository.list_artifacts("out") == []

    def no_tracking(self):
        began = time.monotonic()
        for call in [lambda: client.create_run("0"), client.search_experiments]:
            try:
                call()
            except MlflowException as refused:
                assert refused.error_code == "NOT_IMPLEMENTED", refused
            else:
                raise AssertionError("it was answered")
        assert time.monotonic() - began < 60
        refused_at_once("POST", "/api/2.0/mlflow/runs/create")
        refused_at_once("POST", "/api/2.0/mlflow/artifacts/presigned-upload-url")


class NotServed:
    def clients_go_there_themselves(self):
        run = client.create_run("0")
        assert run.info.artifact_uri == f"{os.environ['MAIN_LOCATION']}/0/{run.info.run_id}/artifacts"
        there_and_back(run.info.run_id, 6 * MIB)
        # the server sees the same
        listed = requests.get(f"{base}/api/2.0/mlflow/artifacts/list?run_id={run.info.run_id}&path=out").json()
        assert [f["path"] for f in listed["files"]] == ["out/model", "out/notes.txt"], listed

    def a_bucket_of_its_own(self):
        experiment = client.create_experiment("elsewhere", artifact_location=os.environ["OTHER_LOCATION"])
        run = client.create_run(experiment)
        assert run.info.artifact_uri == f"{os.environ['OTHER_LOCATION']}/{run.info.run_id}/artifacts"
        there_and_back(run.info.run_id, 6 * MIB)

    def no_proxy(self):
        proxy = "/api/2.0/mlflow-artifacts"
        refused_at_once("GET", f"{proxy}/artifacts?path=..")
        refused_at_once("PUT", f"{proxy}/artifacts/%2e%2e/x")
        refused_at_once("POST", f"{proxy}/mpu/create/0")
        refused_at_once("GET", f"{proxy}/presigned/x")


area = {"proxied": Proxied, "artifacts_only": ArtifactsOnly, "not_served": NotServed}[sys.argv[1]]
for flow in [name for name in vars(area) if not name.startswith("_")]:
    try:
        getattr(area(), flow)()
        print(f"\npassed\t{sys.argv[1]}\t{flow}", flush=True)
    except Exception:
        print(f"\nfailed\t{sys.argv[1]}\t{flow}\n{traceback.format_exc()}", flush=True)
