"""Users, as the AuthServiceClient of every version keeps them."""

from people import OLD, Flow, auth, client, new_person, root, unique

GOOD = "quartz meadow lantern 7"


class Users(Flow):
    def test_an_administrator_adds_a_user_who_sees_themselves(self):
        with root.by_password():
            made = auth.create_user(unique("new"), GOOD)
            self.assertFalse(made.is_admin)
            self.assertEqual(auth.get_user(made.username).id, made.id)
        person = new_person()
        with person.by_password():
            self.assertEqual(auth.get_user(person.username).username, person.username)

    def test_others_are_neither_seen_nor_added(self):
        with self.ben.by_bearer_token():
            with self.refused("PERMISSION_DENIED", "Permission denied"):
                auth.get_user(self.ann.username)
            with self.refused("PERMISSION_DENIED", "Permission denied"):
                auth.create_user(unique("mine"), GOOD)
            with self.refused("PERMISSION_DENIED"):
                auth.delete_user(self.ann.username)
            with self.refused("PERMISSION_DENIED"):
                auth.update_user_admin(self.ben.username, True)

    def test_what_is_wrong_with_a_new_user_is_said(self):
        with root.by_password():
            with self.refused("RESOURCE_ALREADY_EXISTS", self.ann.username):
                auth.create_user(self.ann.username, GOOD)
            for bad in ["too short", "password1234"]:
                with self.refused("INVALID_PARAMETER_VALUE", "password"):
                    auth.create_user(unique("weak"), bad)
            with self.refused("RESOURCE_DOES_NOT_EXIST", "User with username=nobody not found"):
                auth.get_user("nobody")

    def test_an_administrator_sets_a_password(self):
        person = new_person()
        with person.by_password():
            client.search_experiments()
        with root.by_password():
            auth.update_user_password(person.username, GOOD)
        with person.by_password(), self.refused("UNAUTHENTICATED", "You are not authenticated"):
            client.search_experiments()
        person.password = GOOD
        with person.by_password():
            client.search_experiments()

    def test_a_user_changes_their_own_password(self):
        person = new_person()
        with person.by_password():
            if OLD:
                auth.update_user_password(person.username, GOOD)
            else:
                with self.refused("INVALID_PARAMETER_VALUE", "does not match"):
                    auth.update_user_password(person.username, GOOD, current_password="of somebody else")
                auth.update_user_password(person.username, GOOD, current_password=person.password)
        person.password = GOOD
        with person.by_password():
            self.assertEqual(auth.get_user(person.username).username, person.username)

    def test_a_user_becomes_an_administrator_and_is_none_again(self):
        person = new_person()
        with root.by_password():
            auth.update_user_admin(person.username, True)
        with person.by_token_as_password():
            self.assertTrue(auth.get_user(self.ann.username).username)
            self.assertEqual(client.get_experiment(self.experiment).experiment_id, self.experiment)
        with root.by_password():
            auth.update_user_admin(person.username, False)
        with person.by_token_as_password(), self.refused("PERMISSION_DENIED"):
            auth.get_user(self.ann.username)

    def test_one_who_is_deleted_is_nobody(self):
        person = new_person()
        with person.by_bearer_token():
            client.search_experiments()
        with root.by_password():
            auth.delete_user(person.username)
        with person.by_bearer_token(), self.refused("UNAUTHENTICATED"):
            client.search_experiments()

    def test_the_last_administrator_does_not_go(self):
        with root.by_password():
            with self.refused("BAD_REQUEST"):
                auth.delete_user(root.username)
            with self.refused("INVALID_PARAMETER_VALUE", "last administrator"):
                auth.update_user_admin(root.username, False)
