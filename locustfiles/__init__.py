"""Who comes: customers and their journeys, as Locust users. Judges nothing."""

import gc

gc.freeze()  # Locust and gevent are there by now, and stay: what is imported next need not look at them again and again
