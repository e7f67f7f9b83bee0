"""People: invited with a password for once, given and taken roles, and never the last administrator."""

import re

from django.test import Client

from alur.core import company, sql
from alur.models import Company, Membership, User
from tests import make
from tests.web import pages

HTMX = {"HX-Request": "true"}
NEW = {"email": "Wati@Toko.example", "name": "Wati", "language": "id", "roles": ["desk", "verifier"]}
CHOSEN = "kuda-laut-biru-7"


def roles(user) -> list[str]:
    return sorted(Membership.objects.filter(user=user, company__slug=company.current().slug).values_list("role", flat=True))


def said(response) -> str:
    return re.search(r'<code class="big" id="once">([^<]+)</code>', response.content.decode())[1]


def test_somebody_is_invited_signs_in_once_and_chooses():
    make.basics()
    admin = pages.client("admin")
    response = admin.post("/settings/people/new", NEW, headers=HTMX)
    once = said(response)
    assert response.headers["Cache-Control"] == "no-store"
    user = User.objects.get(email="wati@toko.example")
    assert (user.must_choose, roles(user), once in user.password) == (True, ["desk", "verifier"], False)
    (event,) = sql.rows("SELECT actor, data FROM event WHERE kind = 'membership.changed'")
    assert event == (str(admin.user.pk), {"user_id": user.pk, "roles": ["desk", "verifier"]})
    visitor = Client()
    visitor.post("/account/login/", {"login": "wati@toko.example", "password": once})
    assert visitor.get("/orders/").headers["Location"] == "/account/password/change/"
    assert User.objects.get(pk=user.pk).must_choose
    sent = {"oldpassword": once, "password1": CHOSEN, "password2": CHOSEN}
    assert visitor.post("/account/password/change/", sent).status_code == 302
    assert not User.objects.get(pk=user.pk).must_choose
    assert visitor.get("/orders/").status_code == 200
    other = Client()
    assert other.post("/account/login/", {"login": "wati@toko.example", "password": once}).status_code == 200  # it opens nothing any more
    assert other.post("/account/login/", {"login": "wati@toko.example", "password": CHOSEN}).status_code == 302


def test_what_an_invitation_needs():
    make.basics()
    admin = pages.client("admin")
    for change, word in (({"email": "wati"}, "Alamat e-mail"), ({"name": " "}, "Mohon diisi"), ({"roles": []}, "Mohon diisi")):
        response = admin.post("/settings/people/new", NEW | change, headers=HTMX)
        assert (response.status_code, word in response.content.decode()) == (422, True)
    assert not User.objects.filter(email__startswith="wati").exists()


def test_who_has_an_account_keeps_the_password():
    make.basics()
    known = User.objects.create_user("wati@toko.example", "lama-sekali-99", name="Wati")
    response = pages.client("admin").post("/settings/people/new", NEW, headers=HTMX)
    assert response.headers["HX-Trigger"] == "alur:moved"
    known.refresh_from_db()
    assert (known.check_password("lama-sekali-99"), roles(known)) == (True, ["desk", "verifier"])


def test_roles_are_given_and_taken():
    make.basics()
    admin, user = pages.client("admin"), pages.client("desk").user
    url = f"/settings/people/{user.pk}"
    assert admin.post(url, {"was": "desk", "roles": ["finance"]}, headers=HTMX).status_code == 200
    assert roles(user) == ["finance"]
    assert admin.post(url, {"was": "desk", "roles": ["manager"]}, headers=HTMX).status_code == 409
    assert roles(user) == ["finance"]
    assert admin.post(url, {"was": "finance", "roles": []}, headers=HTMX).status_code == 200
    assert roles(user) == []
    assert admin.get(url).status_code == 404


def test_one_administrator_stays():
    make.basics()
    Membership.objects.filter(role="admin").delete()
    admin = pages.client("admin")
    url = f"/settings/people/{admin.user.pk}"
    response = admin.post(url, {"was": "admin", "roles": ["desk"]}, headers=HTMX)
    assert (response.status_code, "administrator terakhir" in response.content.decode(), roles(admin.user)) == (422, True, ["admin"])
    pages.client("admin")
    assert admin.post(url, {"was": "admin", "roles": ["desk"]}, headers=HTMX).status_code == 200


def test_a_new_password_only_for_people_of_this_company_alone():
    make.basics()
    admin, user = pages.client("admin"), pages.client("desk").user
    url = f"/settings/people/{user.pk}/password"
    once = said(admin.post(url, headers=HTMX))
    assert User.objects.get(pk=user.pk).check_password(once)
    elsewhere = Company.objects.create(slug="lain", schema="lain", name="Lain")
    Membership.objects.create(user=user, company=elsewhere, role="desk")
    assert admin.post(url, headers=HTMX).status_code == 403
    stranger = User.objects.create_user("asing@lain.example")
    assert admin.post(f"/settings/people/{stranger.pk}/password", headers=HTMX).status_code == 404


def test_only_an_administrator():
    make.basics()
    user = pages.client("desk").user
    for role in ("desk", "finance", "manager", "driver"):
        client = pages.client(role)
        for url in ("/settings/people/", "/settings/people/new", f"/settings/people/{user.pk}"):
            assert client.get(url).status_code == 403
        assert client.post(f"/settings/people/{user.pk}/password").status_code == 403
        assert client.post("/settings/people/new", NEW).status_code == 403
    text = pages.client("admin").get("/settings/people/").content.decode()
    assert user.email in text


def test_holidays_are_proposed_and_those_ticked_kept():
    make.basics()
    client = pages.client("manager")
    text = client.get("/settings/data/holiday/propose?year=2027", headers=HTMX).content.decode()
    assert "Selasa 17 Agustus 2027: Hari Kemerdekaan" in text
    client.post("/settings/data/holiday/propose", {"year": "2027", "days": ["2027-08-17", "2027-12-25", "2027-08-18"]}, headers=HTMX)
    assert sql.ids('SELECT "on"::text FROM holiday ORDER BY 1') == ["2027-08-17", "2027-12-25"]
    assert "Hari Kemerdekaan" not in client.get("/settings/data/holiday/propose?year=2027", headers=HTMX).content.decode()
    assert pages.client("desk").get("/settings/data/holiday/propose").status_code == 403
