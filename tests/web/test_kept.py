"""Notes and files of orders, customers and deliveries: kept, shown, given back as a download, and nothing else."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from alur.core import sql
from alur.models import Attachment, Note
from alur.web import kept
from tests import make
from tests.web import pages

SCRIPT = b"<script>alert(1)</script>"


@pytest.fixture
def subjects() -> dict[str, tuple[int, str]]:
    """An order, its customer and its delivery: (id, page)."""
    order = make.orders(1, through="deliver.schedule")[0]
    row = sql.rows("SELECT o.number, c.id, c.code, d.id AS delivery, d.number AS note FROM sales_order o JOIN customer c ON c.id = o.customer_id, delivery d")[
        0
    ]
    return {"order": (order, f"/orders/{row.number}/"), "customer": (row.id, f"/customers/{row.code}/"), "delivery": (row.delivery, f"/deliveries/{row.note}/")}


@pytest.mark.parametrize("kind", ["order", "customer", "delivery"])
def test_a_note_and_a_file_are_kept_and_shown(subjects, kind):
    subject, page = subjects[kind]
    client = pages.client("desk")
    client.post(f"/kept/{kind}/{subject}/notes", {"body": "Kirim <b>pagi</b>"})
    client.post(f"/kept/{kind}/{subject}/files", {"file": [SimpleUploadedFile("denah.pdf", b"%PDF", "application/pdf")]})
    text = client.get(page).content.decode()
    for said in ("Kirim &lt;b&gt;pagi&lt;/b&gt;", "denah.pdf", client.user.name, f"/kept/{kind}/{subject}/files/{Attachment.objects.get().id}"):
        assert said in text, said
    told = sql.rows("SELECT kind, subject_id, order_id, data FROM event WHERE kind IN ('note.kept', 'file.kept') ORDER BY id")
    assert [tuple(row) for row in told] == [
        ("note.kept", Note.objects.get().id, None, {"of": kind, "of_id": subject}),
        ("file.kept", Attachment.objects.get().id, None, {"of": kind, "of_id": subject}),
    ]


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("foto\u202egpj.exe", "fotogpj.exe"),
        ('a"; filename="b.html', 'a"; filename="b.html'),
        ("x" * 300 + ".pdf", ("x" * 300 + ".pdf")[-200:]),
        ("a\r\nSet-Cookie: x=1.pdf", "aSet-Cookie: x=1.pdf"),
        ("<script>.svg", "<script>.svg"),
    ],
)
def test_what_a_name_cannot_do(subjects, name, stored):
    assert kept.name(name) == stored
    subject, page = subjects["order"]
    client = pages.client("desk")
    kept.files("order", subject, [SimpleUploadedFile("x", SCRIPT, "text/html")], by="7")
    Attachment.objects.update(name=kept.name(name))
    response = client.get(f"/kept/order/{subject}/files/{Attachment.objects.get().id}")
    assert b"".join(response) == SCRIPT
    assert response["Content-Disposition"].startswith("attachment; filename")
    assert (response["Content-Type"], response["X-Content-Type-Options"]) == ("application/octet-stream", "nosniff")
    assert "Set-Cookie" not in response
    assert "<script>" not in client.get(page).content.decode().replace("<script src", "")


def test_what_is_empty_too_large_or_too_many_is_not_kept(subjects, monkeypatch):
    subject, _page = subjects["customer"]
    monkeypatch.setattr(kept, "LARGEST", 10)
    client, url = pages.client("desk"), f"/kept/customer/{subject}/files"
    sent = [SimpleUploadedFile("leer.txt", b""), SimpleUploadedFile("besar.bin", b"x" * 11), SimpleUploadedFile("pas.bin", b"x" * 10)]
    text = client.post(url, {"file": sent}, follow=True).content.decode()
    assert "tidak disimpan" in text
    assert list(Attachment.objects.values_list("name", "size")) == [("pas.bin", 10)]
    client.post(url, {"file": [SimpleUploadedFile(f"{n}.txt", b"x") for n in range(12)]})
    assert Attachment.objects.count() == 11
    assert kept.files("customer", subject, [], by="7") == 0


def test_only_who_sees_the_subject(subjects):
    order, customer = subjects["order"][0], subjects["customer"][0]
    kept.files("order", order, [SimpleUploadedFile("a.txt", b"a")], by="7")
    file = Attachment.objects.get().id
    client = pages.client("desk")
    for url in (
        f"/kept/customer/{customer}/files/{file}",
        f"/kept/order/{order + 1}/files/{file}",
        f"/kept/order/{order}/files/{file + 1}",
        f"/kept/user/1/files/{file}",
    ):
        assert client.get(url).status_code == 404
    for url in ("/kept/order/999999/notes", "/kept/policy/1/notes"):
        assert client.post(url, {"body": "x"}).status_code == 404
    stranger = pages.client()  # belongs to no company
    assert stranger.get(f"/kept/order/{order}/files/{file}").status_code == 403
    assert stranger.post(f"/kept/order/{order}/notes", {"body": "x"}).status_code == 403
    assert Client().get(f"/kept/order/{order}/files/{file}").status_code == 302
    assert client.get(f"/kept/order/{order}/notes").status_code == 405
    assert Note.objects.count() == 0


def test_a_note_has_an_end(subjects):
    subject, _page = subjects["delivery"]
    client, url = pages.client("desk"), f"/kept/delivery/{subject}/notes"
    assert client.post(url, {"body": "x" * 4001}).status_code == 400
    client.post(url, {"body": "  \x00 "})
    assert Note.objects.count() == 0
