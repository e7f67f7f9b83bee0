"""`alur order NUMBER` tells what the page tells."""

import argparse
import json

import pytest

from alur.cli import order as command
from alur.core.errors import Problem
from tests import make


def call(number, **options):
    return command.run(argparse.Namespace(**{"number": number, "language": None, "json": False} | options))


def test_it_tells_where_an_order_stands_and_what_it_waits_for(capsys):
    [order] = make.orders(lines=[(make.product(sku="CK-180", stock=36), 60)], through="confirm.reserve")
    number = make.order(order).number
    assert call(number) == 0
    text = capsys.readouterr().out
    for said in (number, "Menunggu stok", "CK-180", "24 dari 60 menunggu stok", "36", "Diterima lewat telepon"):
        assert said in text, said


def test_it_answers_programs(capsys):
    [order] = make.orders(through="check.price")
    call(make.order(order).number, json=True, language="en")
    found = json.loads(capsys.readouterr().out)
    assert (found["state"], found["words"], found["waits_for"]) == ("received", ["Received"], ["It is checked next."])
    assert [event["kind"] for event in found["story"]] == ["order.received", "order.priced"]


def test_there_is_no_such_order():
    with pytest.raises(Problem, match="There is no order"):
        call("SO-1")
