"""Users of a server with sign-in, each by the means that they have, and what an administrator grants them."""

import contextlib
import os
import unittest
import uuid

import mlflow
import requests
from mlflow.exceptions import MlflowException
from mlflow.server.auth.client import AuthServiceClient

server = os.environ["MLFLOW_TRACKING_URI"]
client = mlflow.MlflowClient()
auth = AuthServiceClient(server)

MEANS = ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN")
# from 3.12 on there is one call for all that is granted
OLD = not hasattr(auth, "grant_user_permission")


def unique(name):
    return f"{name}-{uuid.uuid4().hex[:8]}"


@contextlib.contextmanager
def means(**given):
    """What the environment says of who is asking, for as long as it lasts."""
    before = {name: os.environ.pop(name, None) for name in MEANS}
    os.environ.update(given)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


class Person:
    """A user with a password, and a token that they made by it."""

    def __init__(self, username, password):
        self.username, self.password = username, password

    def by_password(self):
        return means(MLFLOW_TRACKING_USERNAME=self.username, MLFLOW_TRACKING_PASSWORD=self.password)

    def by_token_as_password(self):
        return means(MLFLOW_TRACKING_USERNAME=self.username, MLFLOW_TRACKING_PASSWORD=self.token["token"])

    def by_bearer_token(self):
        return means(MLFLOW_TRACKING_TOKEN=self.token["token"])

    @property
    def token(self):
        if not hasattr(self, "made"):
            self.made = self.assay("POST", "tokens", json={"name": "of the test"})
        return self.made

    def assay(self, method, path, **more):
        answer = requests.request(
            method, f"{server}/api/assay/{path}", auth=(self.username, self.password), timeout=60, **more
        )
        answer.raise_for_status()
        return answer.json()


root = Person(os.environ["ROOT_USERNAME"], os.environ["ROOT_PASSWORD"])


def new_person():
    person = Person(unique("person"), "plum basalt ferry 48")
    with root.by_password():
        auth.create_user(person.username, person.password)
    return person


def grant_experiment(person, experiment_id, permission):
    if OLD:
        auth.create_experiment_permission(experiment_id, person.username, permission)
    else:
        auth.grant_user_permission(person.username, "experiment", experiment_id, permission)


def grant_model(person, name, permission):
    if OLD:
        auth.create_registered_model_permission(name, person.username, permission)
    else:
        auth.grant_user_permission(person.username, "registered_model", name, permission)


class Flow(unittest.TestCase):
    """Ann has an experiment and a model; Ben has nothing yet."""

    @classmethod
    def setUpClass(cls):
        cls.ann, cls.ben = new_person(), new_person()

    def setUp(self):
        with self.ann.by_token_as_password():
            self.experiment = client.create_experiment(unique("of ann"))
            self.model = unique("model")
            client.create_registered_model(self.model)

    @contextlib.contextmanager
    def refused(self, code, *words):
        with self.assertRaises(MlflowException) as refused:
            yield
        self.assertEqual(refused.exception.error_code, code)
        for word in words:
            self.assertIn(word, str(refused.exception))
