"""What the web server calls."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from alur.core import migrate

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "alur.settings")
application = get_wsgi_application()
migrate.all()
get_resolver().url_patterns  # noqa: B018  every page is imported now, not by the first person who comes
