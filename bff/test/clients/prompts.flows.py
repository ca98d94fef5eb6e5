"""Prompts: registered, changed, found, loaded by version and alias, deleted."""

import unittest
import uuid

import mlflow
from mlflow.exceptions import MlflowException

client = mlflow.MlflowClient()


def unique(name):
    return f"{name}_{uuid.uuid4().hex[:8]}"


class Flow(unittest.TestCase):
    """Each flow has an experiment of its own."""

    def setUp(self):
        mlflow.set_experiment(experiment_id=client.create_experiment(unique(self.id())))
        self.name = unique("prompt")


class Prompts(Flow):
    def test_a_prompt_has_versions_with_text_message_and_tags(self):
        first = mlflow.genai.register_prompt(self.name, "Hello {{name}}", commit_message="first", tags={"lang": "en"})
        second = mlflow.genai.register_prompt(self.name, "Good day {{name}}", commit_message="polite")
        self.assertEqual((first.version, second.version), (1, 2))
        found = mlflow.genai.load_prompt(self.name, version=1)
        self.assertEqual((found.template, found.commit_message), ("Hello {{name}}", "first"))
        self.assertEqual(found.tags["lang"], "en")
        self.assertEqual(found.format(name="Ann"), "Hello Ann")
        self.assertEqual(mlflow.genai.load_prompt(f"prompts:/{self.name}/2").template, "Good day {{name}}")

    def test_a_chat_keeps_its_messages(self):
        messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "{{question}}"}]
        mlflow.genai.register_prompt(self.name, messages)
        self.assertEqual(mlflow.genai.load_prompt(self.name, version=1).template, messages)

    def test_a_prompt_is_loaded_by_its_alias(self):
        for text in ["one", "two"]:
            mlflow.genai.register_prompt(self.name, text)
        mlflow.genai.set_prompt_alias(self.name, alias="production", version=1)
        self.assertEqual(mlflow.genai.load_prompt(f"prompts:/{self.name}@production").template, "one")
        mlflow.genai.set_prompt_alias(self.name, alias="production", version=2)
        self.assertEqual(client.get_prompt_version_by_alias(self.name, "production").template, "two")
        mlflow.genai.delete_prompt_alias(self.name, alias="production")
        with self.assertRaises(MlflowException):
            client.get_prompt_version_by_alias(self.name, "production")

    def test_prompts_are_found_among_themselves_and_not_among_models(self):
        mlflow.genai.register_prompt(self.name, "text", tags={"team": "red"})
        found = mlflow.genai.search_prompts(filter_string=f"name = '{self.name}'")
        self.assertEqual([prompt.name for prompt in found], [self.name])
        self.assertEqual(list(client.search_registered_models(f"name = '{self.name}'")), [])
        self.assertEqual(list(client.search_model_versions(f"name = '{self.name}'")), [])
        asked = f"name = '{self.name}' AND tags.`mlflow.prompt.is_prompt` = 'true'"
        self.assertEqual([version.version for version in client.search_model_versions(asked)], ["1"])

    def test_tags_of_prompts_and_versions_are_set_and_removed(self):
        mlflow.genai.register_prompt(self.name, "text")
        client.set_prompt_tag(self.name, "team", "red")
        client.set_prompt_version_tag(self.name, "1", "checked", "yes")
        self.assertEqual(client.get_prompt(self.name).tags["team"], "red")
        self.assertEqual(client.get_prompt_version(self.name, "1").tags["checked"], "yes")
        client.delete_prompt_tag(self.name, "team")
        client.delete_prompt_version_tag(self.name, "1", "checked")
        self.assertNotIn("team", client.get_prompt(self.name).tags)
        self.assertNotIn("checked", client.get_prompt_version(self.name, "1").tags)

    def test_a_name_belongs_to_a_prompt_or_to_a_model(self):
        client.create_registered_model(self.name)
        with self.assertRaises(MlflowException):
            mlflow.genai.register_prompt(self.name, "text")
        mlflow.genai.register_prompt(self.name + "_p", "text")
        with self.assertRaises(MlflowException) as refused:
            client.create_registered_model(self.name + "_p")
        self.assertEqual(refused.exception.error_code, "RESOURCE_ALREADY_EXISTS")

    def test_a_prompt_is_deleted_version_by_version(self):
        for text in ["one", "two"]:
            mlflow.genai.register_prompt(self.name, text)
        client.delete_prompt_version(self.name, "1")
        self.assertIsNone(mlflow.genai.load_prompt(self.name, version=1, allow_missing=True))
        client.delete_prompt_version(self.name, "2")
        client.delete_prompt(self.name)
        self.assertIsNone(client.get_prompt(self.name))
        self.assertEqual(mlflow.genai.register_prompt(self.name, "anew").version, 1)
