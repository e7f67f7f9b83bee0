"""A browser for tests: somebody signed in, with these roles in company `test`."""

from itertools import count

from django.test import Client

from alur.core import company
from alur.models import Company, Membership, User

_n = count(1)


def client(*roles: str, language: str = "id") -> Client:
    """Somebody with these roles; `client.user` is who."""
    n = next(_n)
    user = User.objects.create_user(f"orang{n}@alur.example", name=f"Orang {n}")
    here = Company.objects.get(slug=company.current().slug)
    for role in roles:
        Membership.objects.create(user=user, company=here, role=role)
    made = Client()
    made.force_login(user)
    made.cookies["lang"] = language
    made.user = user
    return made
