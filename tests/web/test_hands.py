"""Pick and drive: what is shown to whom, how a report becomes what the step takes, and that a second tap counts once."""

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from alur.models import Attachment, Backorder, Delivery, DeliveryLine, OrderLine, Product, Reason, Stock
from tests import make
from tests.web import pages

PICTURE = b"\x89PNG\r\n\x1a\n" + b"0" * 20


@pytest.fixture(autouse=True)
def _reasons():
    Reason.objects.create(kind="short_pick", code="broken", name_id="Rusak di rak", name_en="Broken", stock_effect="quantity")
    Reason.objects.create(kind="failed_delivery", code="closed", name_id="Toko tutup", name_en="Closed")


def scheduled(*lines, **fields) -> tuple[int, str, list[DeliveryLine]]:
    (order_id,) = make.confirmed(lines=lines or [(make.product(sku="CK-180", name_id="Cangkir"), 5)], **fields)
    (delivery_id,) = make.deliveries([order_id])
    return order_id, Delivery.objects.get(id=delivery_id).number, list(DeliveryLine.objects.filter(delivery_id=delivery_id).order_by("id"))


def on_the_road(*lines, **fields) -> tuple[int, str, list[DeliveryLine]]:
    order_id, number, found = scheduled(*lines, **fields)
    for step in ("deliver.pick", "deliver.dispatch"):
        assert make.run(step, [found[0].delivery_id]).moved
    return order_id, number, found


def test_what_is_to_be_picked_stands_in_the_order_in_which_it_leaves():
    _, number, _ = scheduled(customer_id=make.customer(name="Hotel Puri"))
    _, later, _ = scheduled((make.product(), 1), requested_on="2026-12-20")
    client = pages.client("warehouse")
    text = client.get("/pick/").content.decode()
    assert number in text
    assert "Hotel Puri" in text
    assert later not in text
    text = client.get(f"/pick/{number}/").content.decode()
    for said in ("Cangkir", "CK-180", "Kurang", "Rusak di rak", 'data-want="5"', "&quot;CK-180&quot;: &quot;1&quot;"):
        assert said in text, said


def test_one_tap_or_two_pick_once():
    order, number, _ = scheduled()
    client = pages.client("warehouse")
    assert [client.post(f"/pick/{number}/").status_code for _ in range(2)] == [302, 302]
    assert make.events(order).count("delivery.picked") == 1
    assert client.get(f"/pick/{number}/").status_code == 302  # nothing is left to do there
    assert client.get("/pick/NONE/").status_code == 404
    assert pages.client("finance").get("/pick/").status_code == pages.client("finance").post(f"/pick/{number}/").status_code == 403


def test_a_short_line_waits():
    _order, number, [line] = scheduled()
    sent = {f"found-{line.id}": "3", f"choice-{line.id}": "backorder", f"reason-{line.id}": "broken"}
    assert pages.client("warehouse").post(f"/pick/{number}/", sent).status_code == 302
    assert (Backorder.objects.get().open, Stock.objects.get().on_hand) == (2, 998)


def test_another_product_is_added_to_the_order_and_sent_by_itself():
    order, number, [line] = scheduled()
    make.product(9_000, sku="CK-190")
    sent = {f"found-{line.id}": "3", f"choice-{line.id}": "substitute", f"instead-{line.id}": "CK-190", f"reason-{line.id}": "broken"}
    assert pages.client("warehouse").post(f"/pick/{number}/", sent).status_code == 302
    assert list(OrderLine.objects.filter(order_id=order).order_by("id").values_list("ordered", "cancelled", "product__sku")) == [
        (5, 2, "CK-180"),
        (2, 0, "CK-190"),
    ]
    assert make.order(order).state == "received"  # checked again
    assert "order.amended" in make.events(order)
    make.onward([order], "deliver.schedule")
    assert list(Delivery.objects.order_by("id").values_list("state", flat=True)) == ["picked", "scheduled"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"found": "3"}, "Sebutkan jadinya"),
        ({"found": "3", "choice": "cancel"}, "pilih alasan"),
        ({"found": "tiga", "choice": "cancel", "reason": "broken"}, "Perbaiki jumlahnya"),
        ({"found": "3", "choice": "substitute", "reason": "broken", "instead": "TIDAK-ADA"}, "Pilih satu"),
    ],
)
def test_what_does_not_fit_comes_back_with_what_was_typed(typed, said):
    order, number, [line] = scheduled()
    response = pages.client("warehouse").post(f"/pick/{number}/", {f"{name}-{line.id}": value for name, value in typed.items()})
    text = response.content.decode()
    assert response.status_code == 422
    assert said in text
    assert f'value="{typed["found"]}"' in text
    assert (Delivery.objects.get().state, make.lines_of(order)[0].picked) == ("scheduled", 0)


def test_the_next_stop_fills_the_screen_and_the_others_stand_below():
    client = pages.client("driver")
    _, first, _ = on_the_road(customer_id=make.customer(name="Hotel Puri"))
    _, second, _ = on_the_road((make.product(), 2), customer_id=make.customer(name="Kopi Simpang"))
    _, someone_else_s, _ = on_the_road((make.product(), 2))
    Delivery.objects.filter(number=someone_else_s).update(driver_id=client.user.id + 1)
    text = client.get("/drive/").content.decode()
    for said in (first, "Hotel Puri", "tel:0812", "geo:0,0?q=Jl.%20Melati%207%2C%20Depok", "Kopi Simpang", '<span class="quiet">/ 2</span>'):
        assert said in text, said
    assert someone_else_s not in text
    assert f"/drive/{second}/arrived/" in client.get(f"/drive/{second}/").content.decode()
    assert client.get(f"/drive/{someone_else_s}/").status_code == 302
    assert pages.client("desk").get("/drive/").status_code == 403


def test_delivered_with_a_name_and_a_picture_and_a_second_tap_counts_once():
    order, number, _ = on_the_road()
    client = pages.client("driver")
    for _ in range(2):
        sent = {"receiver": "Bp. Yanto", "proof": SimpleUploadedFile("foto.png", PICTURE, "image/png")}
        assert client.post(f"/drive/{number}/arrived/", sent).status_code == 302
    made, kept = Delivery.objects.get(), Attachment.objects.get()
    assert (made.state, made.receiver, made.proof) == ("delivered", "Bp. Yanto", [str(kept.id)])
    assert (kept.subject_kind, kept.subject_id, bytes(kept.content)) == ("delivery", made.id, PICTURE)
    assert make.order(order).state == "fulfilled"
    response = client.get(f"/deliveries/{number}/proof/{kept.id}")
    assert (response.status_code, response["Content-Disposition"], response["X-Content-Type-Options"]) == (200, 'attachment; filename="foto.png"', "nosniff")
    assert f"/deliveries/{number}/proof/{kept.id}" in client.get(f"/deliveries/{number}/").content.decode()
    assert client.get(f"/deliveries/{number}/proof/{kept.id + 1}").status_code == 404
    assert client.get(f"/drive/{number}/arrived/").status_code == 302
    assert "1 dilaporkan hari ini" in client.get("/drive/").content.decode()


def test_what_is_no_picture_is_not_kept():
    _, number, _ = on_the_road()
    sent = {"proof": SimpleUploadedFile("a.html", b"<script>", "text/html")}
    assert pages.client("driver").post(f"/drive/{number}/arrived/", sent).status_code == 302
    assert not Attachment.objects.exists()


def test_short_at_the_door():
    order, number, [line] = on_the_road()
    client = pages.client("driver")
    sent = {f"delivered-{line.id}": "2", f"again-{line.id}": "1", f"lost-{line.id}": "1", f"refused-{line.id}": "1", "receiver": "Sari"}
    refused = client.post(f"/drive/{number}/arrived/", sent)
    assert refused.status_code == 422
    assert "Sebutkan mengapa" in refused.content.decode()
    assert 'value="Sari"' in refused.content.decode()
    assert client.post(f"/drive/{number}/arrived/", sent | {f"reason-{line.id}": "closed"}).status_code == 302
    line.refresh_from_db()
    assert (line.delivered, line.again, line.lost, line.refused) == (2, 1, 1, 1)
    assert make.lines_of(order)[0].cancelled == Decimal(1)


def test_failed_for_a_reason():
    order, number, _ = on_the_road()
    client = pages.client("driver")
    assert "Toko tutup" in client.get(f"/drive/{number}/failed/").content.decode()
    assert client.post(f"/drive/{number}/failed/").status_code == 422
    assert client.post(f"/drive/{number}/failed/", {"reason": "closed"}).status_code == 302
    assert Delivery.objects.get().state == "failed"
    assert make.events(order)[-1] == "delivery.failed"


def test_a_page_costs_the_same_for_one_and_for_thirty():
    client, counted = pages.client("admin"), []
    for n in (1, 30):
        cups = [make.product() for _ in range(n)]
        _, number, _ = scheduled(*[(cup, 2) for cup in cups])
        on_the_road(*[(cup, 1) for cup in cups])
        counted.append(pages.statements(client, "/pick/", f"/pick/{number}/", "/drive/"))
    assert counted[0] == counted[1]
    assert Product.objects.count() == 31
