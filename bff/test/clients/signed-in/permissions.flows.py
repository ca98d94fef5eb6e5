"""Permissions and roles: in the words of 3.6, and in those of 3.17."""

import unittest

import mlflow
from people import OLD, Flow, auth, client, root, unique


@unittest.skipUnless(OLD, "this client has other calls for it")
class PermissionsOfEachKind(Flow):
    def test_on_an_experiment(self):
        with self.ann.by_password():
            made = auth.create_experiment_permission(self.experiment, self.ben.username, "READ")
            self.assertEqual((made.experiment_id, made.permission), (self.experiment, "READ"))
            with self.refused("RESOURCE_ALREADY_EXISTS"):
                auth.create_experiment_permission(self.experiment, self.ben.username, "EDIT")
        with self.ben.by_token_as_password():
            client.get_experiment(self.experiment)
            with self.refused("PERMISSION_DENIED", "EDIT"):
                client.set_experiment_tag(self.experiment, "a", "b")
        with self.ann.by_password():
            auth.update_experiment_permission(self.experiment, self.ben.username, "EDIT")
            self.assertEqual(auth.get_experiment_permission(self.experiment, self.ben.username).permission, "EDIT")
        with self.ben.by_token_as_password():
            client.set_experiment_tag(self.experiment, "a", "b")
        with self.ann.by_password():
            auth.delete_experiment_permission(self.experiment, self.ben.username)
            with self.refused("RESOURCE_DOES_NOT_EXIST"):
                auth.get_experiment_permission(self.experiment, self.ben.username)
        with self.ben.by_token_as_password(), self.refused("PERMISSION_DENIED"):
            client.get_experiment(self.experiment)

    def test_on_a_registered_model(self):
        with self.ann.by_password():
            made = auth.create_registered_model_permission(self.model, self.ben.username, "READ")
            self.assertEqual((made.name, made.permission), (self.model, "READ"))
        with self.ben.by_bearer_token():
            client.get_registered_model(self.model)
            with self.refused("PERMISSION_DENIED"):
                client.update_registered_model(self.model, "mine")
        with self.ann.by_password():
            auth.update_registered_model_permission(self.model, self.ben.username, "EDIT")
            self.assertEqual(auth.get_registered_model_permission(self.model, self.ben.username).permission, "EDIT")
        with self.ben.by_bearer_token():
            client.update_registered_model(self.model, "ours")
        with self.ann.by_password():
            auth.delete_registered_model_permission(self.model, self.ben.username)
        with self.ben.by_bearer_token(), self.refused("PERMISSION_DENIED"):
            client.get_registered_model(self.model)

    def test_a_user_has_those_that_they_were_given(self):
        with self.ann.by_password():
            auth.create_experiment_permission(self.experiment, self.ben.username, "NO_PERMISSIONS")
            auth.create_registered_model_permission(self.model, self.ben.username, "MANAGE")
        with self.ben.by_password():
            user = auth.get_user(self.ben.username)
        given = {p.experiment_id: p.permission for p in user.experiment_permissions}
        self.assertEqual(given[self.experiment], "NO_PERMISSIONS")
        self.assertEqual({p.name: p.permission for p in user.registered_model_permissions}[self.model], "MANAGE")

    def test_only_who_manages_it_gives_it(self):
        with self.ben.by_password():
            with self.refused("PERMISSION_DENIED", "MANAGE"):
                auth.create_experiment_permission(self.experiment, self.ben.username, "READ")
            with self.refused("PERMISSION_DENIED", "MANAGE"):
                auth.get_registered_model_permission(self.model, self.ann.username)
        with self.ann.by_password():
            with self.refused("INVALID_PARAMETER_VALUE", "Invalid permission 'WRITE'"):
                auth.create_experiment_permission(self.experiment, self.ben.username, "WRITE")
            with self.refused("RESOURCE_DOES_NOT_EXIST", "User with username=nobody not found"):
                auth.create_experiment_permission(self.experiment, "nobody", "READ")


@unittest.skipIf(OLD, "this client has other calls for it")
class PermissionsOfAnyKind(Flow):
    def test_granted_got_and_revoked(self):
        ben = self.ben.username
        with self.ann.by_password():
            auth.grant_user_permission(ben, "experiment", self.experiment, "READ")
            with self.refused("RESOURCE_ALREADY_EXISTS"):
                auth.grant_user_permission(ben, "experiment", self.experiment, "EDIT")
        with self.ben.by_token_as_password():
            got = auth.get_user_permission(ben, "experiment", self.experiment)
            self.assertEqual((got.allowed, got.permission), (False, "READ"))
            client.get_experiment(self.experiment)
        with self.ann.by_password():
            auth.revoke_user_permission(ben, "experiment", self.experiment)
            auth.grant_user_permission(ben, "experiment", self.experiment, "EDIT")
        with self.ben.by_token_as_password():
            self.assertTrue(auth.get_user_permission(ben, "experiment", self.experiment).allowed)
            client.set_experiment_tag(self.experiment, "a", "b")
        with self.ann.by_password():
            auth.revoke_user_permission(ben, "experiment", self.experiment)
            with self.refused("RESOURCE_DOES_NOT_EXIST"):
                auth.revoke_user_permission(ben, "experiment", self.experiment)
        with self.ben.by_token_as_password(), self.refused("PERMISSION_DENIED"):
            client.get_experiment(self.experiment)

    def test_a_denial_wins_over_what_a_role_was_granted(self):
        ben = self.ben.username
        with root.by_password():
            role = auth.create_role("default", unique("all models"))
            auth.add_role_permission(role.id, "registered_model", self.model, "MANAGE")
            auth.assign_role(ben, role.id)
        with self.ben.by_bearer_token():
            client.get_registered_model(self.model)
        with self.ann.by_password():
            auth.grant_user_permission(ben, "registered_model", self.model, "DENY")
        with self.ben.by_bearer_token():
            self.assertEqual(auth.get_user_permission(ben, "registered_model", self.model).permission, "DENY")
            with self.refused("PERMISSION_DENIED"):
                client.get_registered_model(self.model)

    def test_a_prompt_is_granted_as_what_it_is(self):
        name = unique("prompt")
        with self.ann.by_bearer_token():
            mlflow.genai.register_prompt(name, "Hello {{name}}")
        # which asks for the model of that name: the client's own get_prompt answers None for whatever it is told
        with self.ben.by_bearer_token(), self.refused("PERMISSION_DENIED"):
            client.get_registered_model(name)
        with self.ben.by_bearer_token(), self.refused("PERMISSION_DENIED"):
            mlflow.genai.load_prompt(name, version=1)
        with self.ann.by_bearer_token():
            auth.grant_user_permission(self.ben.username, "prompt", name, "READ")
        with self.ben.by_bearer_token():
            self.assertEqual(mlflow.genai.load_prompt(name, version=1).format(name="Ben"), "Hello Ben")

    def test_what_cannot_be_granted_is_said(self):
        ben = self.ben.username
        with self.ann.by_password():
            with self.refused("INVALID_PARAMETER_VALUE", "runs, versions and all else go by the experiment"):
                auth.grant_user_permission(ben, "run", "*", "READ")
            with self.refused("INVALID_PARAMETER_VALUE", "Invalid permission 'WRITE'"):
                auth.grant_user_permission(ben, "experiment", self.experiment, "WRITE")
            with self.refused("PERMISSION_DENIED"):
                auth.grant_user_permission(ben, "experiment", "*", "READ")
        with self.ben.by_password(), self.refused("PERMISSION_DENIED", "MANAGE"):
            auth.grant_user_permission(ben, "experiment", self.experiment, "READ")


@unittest.skipIf(OLD, "this client knows no roles")
class Roles(Flow):
    def setUp(self):
        super().setUp()
        with root.by_password():
            self.role = auth.create_role("default", unique("team"), "of us")

    def test_made_described_listed_and_deleted(self):
        with root.by_password():
            changed = auth.update_role(self.role.id, name=self.role.name + " b", description="of all")
            self.assertEqual((changed.name, changed.description), (self.role.name + " b", "of all"))
            self.assertIn(changed.name, [role.name for role in auth.list_all_roles()])
            self.assertIn(changed.name, [role.name for role in auth.list_roles("default")])
            auth.delete_role(self.role.id)
            with self.refused("RESOURCE_DOES_NOT_EXIST"):
                auth.get_role(self.role.id)

    def test_members_may_what_it_was_granted(self):
        with root.by_password():
            given = auth.add_role_permission(self.role.id, "experiment", self.experiment, "READ")
            auth.assign_role(self.ben.username, self.role.id)
            users = [one.user_id for one in auth.list_role_users(self.role.id)]
            self.assertEqual(users, [auth.get_user(self.ben.username).id])
        with self.ben.by_token_as_password():
            client.get_experiment(self.experiment)
            self.assertEqual([p.id for p in auth.list_role_permissions(self.role.id)], [given.id])
            self.assertIn(self.role.id, [role.id for role in auth.list_user_roles(self.ben.username)])
        with root.by_password():
            self.assertEqual(auth.update_role_permission(given.id, "EDIT").permission, "EDIT")
        with self.ben.by_token_as_password():
            client.set_experiment_tag(self.experiment, "a", "b")
        with root.by_password():
            auth.remove_role_permission(given.id)
        with self.ben.by_token_as_password(), self.refused("PERMISSION_DENIED"):
            client.get_experiment(self.experiment)

    def test_one_who_leaves_it_loses_it(self):
        with root.by_password():
            auth.add_role_permission(self.role.id, "experiment", self.experiment, "MANAGE")
            auth.assign_role(self.ben.username, self.role.id)
            with self.refused("RESOURCE_ALREADY_EXISTS"):
                auth.assign_role(self.ben.username, self.role.id)
            auth.unassign_role(self.ben.username, self.role.id)
        with self.ben.by_token_as_password(), self.refused("PERMISSION_DENIED"):
            client.get_experiment(self.experiment)

    def test_only_administrators_change_them(self):
        with self.ann.by_password():
            with self.refused("PERMISSION_DENIED"):
                auth.create_role("default", unique("mine"))
            with self.refused("PERMISSION_DENIED"):
                auth.get_role(self.role.id)
        with root.by_password(), self.refused("INVALID_PARAMETER_VALUE", "no workspaces"):
            auth.create_role("elsewhere", unique("team"))
