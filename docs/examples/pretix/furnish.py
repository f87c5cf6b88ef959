"""What the rehearsal's pretix sells: run inside pretix by its own shell (`python -m pretix shell`), never by Stormdrill.

An organizer with two teams (the shop front, which sells; the operators, who may do everything), an event in test mode, and for each prize a
product with a quota of its own. All of it in this order, in a database without any, so product and quota of prize N both have the id N.
"""

import os
from datetime import timedelta
from decimal import Decimal

from django.utils.timezone import now
from django_scopes import scope
from pretix.base.models import Event, Organizer, Team

PRIZES = 3

organizer = Organizer.objects.create(name="Bank", slug="bank")
with scope(organizer=organizer):
    rights = {"event.orders:read": True, "event.orders:write": True}
    front = Team.objects.create(organizer=organizer, name="Shop front", all_events=True, limit_event_permissions=rights)
    front.tokens.create(name="front", token=os.environ["PRETIX_FRONT"])
    operators = Team.objects.create(
        organizer=organizer, name="Operators", all_events=True, all_event_permissions=True, all_organizer_permissions=True
    )
    operators.tokens.create(name="operators", token=os.environ["PRETIX_OPERATORS"])
    event = Event.objects.create(
        organizer=organizer, name="Flash sale", slug="sale", currency="CNY", date_from=now() + timedelta(days=30), testmode=True, live=True
    )
    event.settings.timezone = "Asia/Shanghai"
    for number in range(1, PRIZES + 1):
        item = event.items.create(name=f"Prize {number}", default_price=Decimal("0.00"))
        quota = event.quotas.create(name=f"Prize {number}", size=0)
        quota.items.add(item)
        if not item.pk == quota.pk == number:
            raise SystemExit(f"prize {number} is product {item.pk} with quota {quota.pk}: this database is not empty")
