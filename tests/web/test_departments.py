"""A department's calendar and visits: who sees what, accepts, proposes another day, reports, and sets how much can be booked."""

from datetime import date

import pytest

from alur.core import clock
from alur.models import Capacity, Delivery, Department, Hold, Note, Reason
from tests import make
from tests.web import pages


@pytest.fixture(autouse=True)
def _now():
    clock.move(make.AT)
    Reason.objects.create(kind="failed_delivery", code="closed", name_id="Toko tutup", name_en="Closed")


@pytest.fixture
def crew() -> Department:
    make.basics()
    return Department.objects.create(code="PAS", name="Tim pemasangan", kind="service", daily_limit=2)


@pytest.fixture
def visit(crew) -> Delivery:
    product = make.product(500_000, kind="service", unit="kali", name_id="Pasang mesin", name_en="Install a machine", department=crew)
    (order,) = make.orders(1, customer_id=make.customer(name="Kopi <b>Senja</b>"), lines=[(product, 1)], through="confirm.promise")
    return Delivery.objects.get(id=make.deliveries([order])[0])


def test_the_calendar_and_the_visits_of_a_day(visit):
    client = pages.client("technician")
    assert client.get("/departments/").url == "/departments/PAS/"
    text = client.get("/departments/PAS/").content.decode()
    for said in (visit.number, "Pasang mesin", "Kopi &lt;b&gt;Senja", "1 dari 2 terpesan", "Perlu disanggupi", "Sanggupi", "Hari lain…", "Laporkan"):
        assert said in text, said
    assert "<b>Senja" not in text
    assert visit.number not in client.get("/departments/PAS/?day=2026-11-25").content.decode()
    assert "Kapasitas…" not in text
    assert "Kapasitas…" in pages.client("manager").get("/departments/PAS/").content.decode()
    assert client.get("/departments/NIX/").status_code == 404
    assert "Sanggupi" not in pages.client("desk").get("/departments/PAS/").content.decode()


def test_nobody_visits_anybody():
    make.basics()
    assert "Belum ada bagian" in pages.client("desk").get("/departments/").content.decode()


def test_another_day_is_proposed_and_the_desk_takes_it(visit):
    technician, desk = pages.client("technician"), pages.client("desk")
    assert technician.get(f"/visits/{visit.number}/propose").status_code == 200
    assert technician.post(f"/visits/{visit.number}/propose", {"day": "entah"}).status_code == 422
    assert technician.post(f"/visits/{visit.number}/propose", {"day": "29/11"}).status_code == 422  # a Sunday
    assert technician.post(f"/visits/{visit.number}/propose", {"day": "27/11", "note": "alat dipakai"}).status_code == 302
    assert "Hari lain diusulkan" in technician.get("/departments/PAS/").content.decode()
    assert Note.objects.get().body == "alat dipakai"
    text = desk.get("/exceptions/").content.decode()
    for said in ("Tim pemasangan", "Pakai hari baru", "Pertahankan hari semula"):
        assert said in text, said
    order = Hold.objects.get().order_id
    assert desk.post("/steps/deliver.agree", {"ids": order}).status_code == 302
    visit.refresh_from_db()
    assert (visit.scheduled_on, Hold.objects.get().resolution) == (date(2026, 11, 27), "moved")


def test_a_visit_is_accepted_and_reported_from_a_phone(visit):
    client = pages.client("technician")
    text = client.get(f"/visits/{visit.number}/").content.decode()
    assert "Kami datang" in text
    assert client.post("/steps/deliver.accept", {"ids": visit.id}).status_code == 302
    assert "Disanggupi" in client.get(f"/visits/{visit.number}/").content.decode()
    assert client.post(f"/visits/{visit.number}/done", {"hours": "lama"}).status_code == 422
    assert client.post(f"/visits/{visit.number}/done", {"hours": "1,5", "receiver": "Bu Ratna", "note": "beres"}).url == f"/visits/{visit.number}/"
    visit.refresh_from_db()
    assert (visit.state, visit.receiver) == ("delivered", "Bu Ratna")
    assert client.get(f"/visits/{visit.number}/done").status_code == 302
    assert pages.client("desk").get(f"/visits/{visit.number}/done").status_code == 403


def test_a_visit_that_failed_says_why(visit):
    client = pages.client("technician")
    assert client.post(f"/visits/{visit.number}/failed", {}).status_code == 422
    assert client.post(f"/visits/{visit.number}/failed", {"reason": "closed"}).status_code == 302
    visit.refresh_from_db()
    assert visit.state == "failed"


def test_limits_are_set_day_by_day(crew, visit):
    client = pages.client("manager")
    assert client.get("/departments/PAS/limits").status_code == 200
    assert client.post("/departments/PAS/limits", {"daily": "tiga"}).status_code == 422
    assert client.post("/departments/PAS/limits", {"2026-11-24": "0"}).status_code == 422  # one is booked
    assert client.post("/departments/PAS/limits", {"daily": "3", "2026-11-25": "5"}).status_code == 302
    crew.refresh_from_db()
    assert (crew.daily_limit, Capacity.objects.get(day=date(2026, 11, 25)).limit) == (3, 5)
    assert pages.client("technician").post("/departments/PAS/limits", {"daily": "9"}).status_code == 403


def test_the_delivery_and_the_order_lead_to_the_visit(visit):
    client, order = pages.client("dispatcher"), make.count_of("sales_order")
    assert order == 1
    text = client.get(f"/deliveries/{visit.number}/").content.decode()
    assert f"/visits/{visit.number}/" in text
    from alur.models import SalesOrder

    text = client.get(f"/orders/{SalesOrder.objects.get().number}/").content.decode()
    assert f"/visits/{visit.number}/done" in text
    assert "Tim pemasangan" in text
    assert visit.number in pages.client("technician").get("/?as=technician").content.decode() or visit.scheduled_on > date(2026, 11, 23)


def test_a_constant_number_of_statements(crew, visit):
    client = pages.client("technician")
    one = pages.statements(client, "/departments/PAS/?day=2026-11-24")
    product = make.product(kind="service", department=crew)
    Capacity.objects.update(limit=9)
    made = make.deliveries(make.orders(3, lines=[(product, 1)], through="confirm.promise"))
    assert Delivery.objects.filter(id__in=made, scheduled_on=visit.scheduled_on).count() == 3
    assert pages.statements(client, "/departments/PAS/?day=2026-11-24") == one
