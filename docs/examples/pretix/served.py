"""pretix as gunicorn serves it: it has answered once, with all that its first answer loads, before workers are made of it.

Run by gunicorn in pretix's environment (`--preload served`), never by Stormdrill. Without that each worker's first answer takes as long as
all of pretix takes to load, and `target check` waits 5 s for one.
"""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pretix.settings")
application = get_wsgi_application()

from django.db import connections  # noqa: E402 - Django is set up by the line above
from django.test import Client  # noqa: E402

shop = Client(HTTP_HOST=os.environ["PRETIX_PRETIX_URL"].removeprefix("http://"))
for token, path in (("PRETIX_OPERATORS", "/api/v1/version"), ("PRETIX_FRONT", "/api/v1/organizers/bank/events/sale/orders/")):
    answer = shop.get(path, headers={"Authorization": f"Token {os.environ[token]}"})
    if answer.status_code != 200:  # noqa: PLR2004 - HTTP's own
        raise SystemExit(f"pretix answers {path} with {answer.status_code}: {answer.content[:500]!r}")
connections.close_all()  # each worker has its own
