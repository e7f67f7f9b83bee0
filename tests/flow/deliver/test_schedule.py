"""What is reserved gets a delivery and a day."""

from tests import make


def test_a_clean_order_goes_from_the_shelf_to_the_customer():
    (order_id,) = make.confirmed()
    delivery_id = make.run("deliver.schedule", [order_id]).facts[order_id]["delivery_ids"][0]
    for name in ("deliver.pick", "deliver.dispatch", "deliver.complete"):
        assert make.run(name, [delivery_id]).moved == [delivery_id]
        assert make.run(name, [delivery_id]).already == [delivery_id]
    assert make.order(order_id).state == "fulfilled"
