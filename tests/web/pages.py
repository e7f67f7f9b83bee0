"""A browser for tests: somebody signed in, with these roles in company `test`."""

from itertools import count

from django.test import Client

from alur.core import company, sql
from alur.models import Company, Membership, User
from alur.web import counts

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


def statements(client: Client, *urls: str) -> int:
    """How many statements these pages cost together, the numbers of the nav counted anew."""
    for url in urls:
        client.get(url)
    counts.forget(company.current().slug)
    with sql.counting() as count:
        for url in urls:
            assert client.get(url).status_code == 200
    return count.statements
