"""The books: accounts, entries, periods, and the gapless numbers of documents."""

from django.db import models
from django.db.models import Q

from alur.models.fields import Number, choice, integer, link, one_of, ref, text


class Account(models.Model):
    """A ledger account; its code is its key."""

    code = models.IntegerField(primary_key=True)
    name_id = text()
    name_en = text()
    kind = choice("asset", "liability", "equity", "income", "expense")

    class Meta:
        db_table = "account"
        constraints = (one_of("kind", "asset", "liability", "equity", "income", "expense"),)


class JournalEntry(models.Model):
    """Append-only: one posting, on a day of the company, about one subject (delivery, invoice, payment ...)."""

    kind = models.TextField()
    on = models.DateField()
    at = models.DateTimeField()
    subject_kind = models.TextField()
    subject_id = ref()

    class Meta:
        db_table = "journal_entry"
        indexes = (
            models.Index(fields=["subject_kind", "subject_id"], name="journal_entry_of_subject"),
            models.Index(fields=["on", "id"], name="journal_entry_by_day"),
        )


class JournalLine(models.Model):
    """Append-only: debit positive, credit negative; the lines of an entry sum to 0 (a statement trigger keeps it so)."""

    entry = link(JournalEntry)
    account = models.IntegerField()
    amount = Number()
    customer_id = ref(null=True)

    class Meta:
        db_table = "journal_line"
        indexes = (models.Index(fields=["account", "entry"], name="journal_line_of_account"),)


class Period(models.Model):
    """A month of the books."""

    starts_on = models.DateField(unique=True)
    state = choice("open", "closed")

    class Meta:
        db_table = "period"
        constraints = (one_of("state", "open", "closed"),)


class Series(models.Model):
    """The last number given out in a gapless series; taken last, in the transaction that issues."""

    kind = models.TextField()
    year = integer()
    last_number = integer()

    class Meta:
        db_table = "series"
        constraints = (
            models.UniqueConstraint(fields=["kind", "year"], name="series_once"),
            models.CheckConstraint(condition=Q(last_number__gte=0), name="series_positive"),
        )
