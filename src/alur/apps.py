"""The one Django app: every table of Alur has one migration history."""

from django.apps import AppConfig


class Alur(AppConfig):
    """All models, label `alur`."""

    name = "alur"
    label = "alur"
    verbose_name = "Alur"
    default_auto_field = "django.db.models.BigAutoField"
