"""What uwsgi calls."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", __name__.rpartition(".")[0] + ".settings")

application = get_wsgi_application()

# Every page's code is imported now: what is broken fails the start, not the first visitor.
get_resolver().url_patterns  # noqa: B018 - a property that imports
