"""Whom the services depend on and do not own: voucher supplier, SMS gateway, biller, risk decision, sentiment feed, all in one process."""
