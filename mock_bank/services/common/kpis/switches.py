"""The switch of what a service reports of itself."""

from mock_bank.services.kit.switches import Switch

KPI_COUNTS_ATTEMPTS = Switch("kpi_counts_attempts", "the service reports what was asked for as done")
