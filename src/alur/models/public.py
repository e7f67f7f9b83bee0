"""What companies share, in schema `public`: who may sign in, which companies there are, who is what in which."""

from typing import Any

from django.contrib.auth import hashers
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models

from alur.models.fields import flag, link, one_of, text

PUBLIC = frozenset({"user", "company", "membership"})  # the tables that live in `public`; all others in a company's schema
ROLES = ("desk", "verifier", "warehouse", "dispatcher", "driver", "technician", "finance", "manager", "admin")
ONCE = "argon2_once"  # how a password is stored that its owner has to change at once (web/account/once.py)


class Users(BaseUserManager):
    """Makes users; their name in the system is their e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Store a user with a hashed password."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Store a user who may do everything in every company."""
        return self.create_user(email, password, is_superuser=True, is_staff=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in by e-mail."""

    email = models.EmailField(unique=True)
    name = text()
    phone = text()
    language = text()
    is_active = flag(default=True)
    is_staff = flag()
    objects = Users()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        db_table = "user"

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def must_choose(self) -> bool:
        """Whether the password was given, not chosen."""
        return self.password.startswith(f"{ONCE}$")

    def check_password(self, raw_password: Any) -> bool:
        """Whether this is the password; a given one is not quietly stored as a chosen one."""
        return hashers.check_password(raw_password, self.password) if self.must_choose else super().check_password(raw_password)


class Company(models.Model):
    """A company that keeps its orders here; its data lives in a schema of its own."""

    slug = models.SlugField(unique=True)
    schema = models.SlugField(unique=True)
    name = text()
    currency = text("IDR")
    time_zone = text("Asia/Jakarta")
    language = text("id")
    trial = flag()
    clock_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "company"


class Membership(models.Model):
    """What a user is in a company; a user may be several things."""

    user = link(User)
    company = link(Company)
    role = models.TextField()

    class Meta:
        db_table = "membership"
        constraints = (
            one_of("role", *ROLES),
            models.UniqueConstraint(fields=["user", "company", "role"], name="membership_once"),
        )
