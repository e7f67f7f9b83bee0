"""A password that an administrator gives: it opens nothing but the page on which its owner chooses another."""

import secrets

from django.contrib.auth.hashers import Argon2PasswordHasher, make_password

from alur.models.public import ONCE, User

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is taken for another


class Once(Argon2PasswordHasher):
    """Stored like any other, under a name of its own."""

    algorithm = ONCE


def give(user: User) -> str:
    """Give a user a new password, stored once, said once."""
    said = "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(3))
    user.password = make_password(said, hasher=ONCE)
    return said
