"""Addresses, in the words of those who need them."""

from alur.core import address


def test_an_address_in_djangos_words():
    assert address.for_django("postgresql://me:p%40ss@/alur?host=%2Ftmp%2Frun") == {
        "NAME": "alur",
        "USER": "me",
        "PASSWORD": "p@ss",
        "HOST": "/tmp/run",
        "PORT": "",
    }
