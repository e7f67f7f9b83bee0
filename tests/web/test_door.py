"""The door: who gets in, for which company, in which language and theme, and what every answer carries."""

import pytest
from django.test import Client

from alur.core import company
from alur.models import Company, Membership, User
from alur.reads import members
from tests.web import pages

INSIDE = ["/", "/flow/", "/flow/check/", "/search", "/parts", "/steps/check.verify", "/account/password/change/"]


@pytest.mark.parametrize("address", INSIDE)
def test_nobody_gets_in_without_signing_in(address):
    answer = Client().get(address)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/account/login/")


def test_sign_in_and_out():
    User.objects.create_user("dewi@alur.example", "kata-sandi-panjang", name="Dewi")
    client = Client()
    assert client.post("/account/login/", {"login": "dewi@alur.example", "password": "salah"}).status_code == 200
    answer = client.post("/account/login/", {"login": "Dewi@alur.example", "password": "kata-sandi-panjang"})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.post("/account/logout/").status_code == 302
    assert client.get("/").status_code == 302


def test_passwords_are_argon2():
    assert User.objects.create_user("a@alur.example", "kata-sandi-panjang").password.startswith("argon2")


def test_accounts_are_given_not_taken():
    answer = Client().post("/account/signup/", {"email": "x@alur.example", "password1": "kata-sandi-panjang", "password2": "kata-sandi-panjang"})
    assert not User.objects.filter(email="x@alur.example").exists()
    assert answer.status_code < 500


def test_who_belongs_to_no_company_sees_only_that():
    client = pages.client()
    assert client.get("/").status_code == 403
    assert client.get("/flow/check/").status_code == 403
    assert client.post("/steps/check.verify", {"ids": "1"}).status_code == 403


def test_only_membership_opens_a_company():
    client = pages.client("desk")
    other = Company.objects.create(slug="lain", schema="lain", name="PT Lain")
    stranger = User.objects.create_user("orang@lain.example")
    Membership.objects.create(user=stranger, company=other, role="admin")
    client.post("/account/company", {"company": "lain"})
    answer = client.get("/")
    assert answer.status_code == 200
    assert "PT Lain" not in answer.content.decode()
    assert "company" not in client.session
    session = client.session
    session["company"] = "lain"  # even a forged choice opens nothing
    session.save()
    assert client.get("/").context["shell"].company.slug == company.current().slug


def test_after_choosing_a_company_nobody_is_sent_elsewhere():
    answer = pages.client("desk").post("/account/company", {"company": company.current().slug, "next": "https://evil.example/"})
    assert answer["Location"] == "/"


def test_language_and_theme_are_kept_in_cookies():
    client = pages.client("desk", language="id")
    assert 'lang="id"' in client.get("/").content.decode()
    answer = client.get("/flow/check/?tab=held&lang=en&theme=dark")
    assert answer["Location"] == "/flow/check/?tab=held"
    text = client.get("/flow/check/").content.decode()
    assert '<html lang="en" data-theme="dark">' in text
    assert "waiting" in text
    assert client.get("/?lang=klingon").status_code == 200


def test_without_a_choice_the_persons_language_counts_then_the_companys():
    client = pages.client("desk")
    del client.cookies["lang"]
    assert 'lang="id"' in client.get("/").content.decode()
    User.objects.filter(pk=client.user.pk).update(language="en")
    assert 'lang="en"' in client.get("/").content.decode()


@pytest.mark.parametrize("address", ["/account/login/", "/nothing"])
def test_every_answer_is_guarded(address):
    answer = Client().get(address)
    assert "default-src 'self'" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"


def test_a_form_without_its_token_is_refused():
    client = Client(enforce_csrf_checks=True)
    client.cookies = pages.client("desk").cookies
    assert client.post("/steps/check.verify", {"ids": "1"}).status_code == 403
    assert client.post("/account/company", {"company": "test"}).status_code == 403


def test_a_demo_shows_its_people_and_nobody_else():
    trial = Company.objects.create(slug="coba", schema="coba", name="PT Coba", trial=True)
    real = Company.objects.get(slug=company.current().slug)
    people = {mail: User.objects.create_user(mail, name=mail) for mail in ("rizky@coba.example", "both@coba.example", "rizky@coba.co.id")}
    for user in people.values():
        Membership.objects.create(user=user, company=trial, role="desk")
    Company.objects.filter(pk=real.pk).update(trial=False)
    Membership.objects.create(user=people["both@coba.example"], company=real, role="desk")
    assert [each.email for each in members.visitors()] == ["rizky@coba.example"]
    assert "rizky@coba.example" in Client().get("/account/login/").content.decode()
