"""What a new pair of databases is told first, as its superuser: roles, the services' database, and what drills may change of it."""

from mock_bank.layout.topology import DATABASE, Credentials
from mock_bank.postgres.configuration import SUPERUSER

# One setting that a hand may slip on, for drills; whoever may change it must be able to see what it was set to by hand, and take it back.
_SLIPS = (
    "GRANT SET, ALTER SYSTEM ON PARAMETER default_transaction_read_only TO {user}",
    "GRANT EXECUTE ON FUNCTION pg_reload_conf(), pg_show_all_file_settings() TO {user}",
    "GRANT SELECT ON pg_file_settings TO {user}",
)


def first_words(credentials: Credentials) -> list[str]:
    """The statements, in their order."""
    return [
        f"ALTER ROLE {SUPERUSER} PASSWORD '{credentials.superuser_password}'",
        "CREATE TABLE stormdrill_proof (writes bigint NOT NULL); INSERT INTO stormdrill_proof VALUES (0)",
        f"CREATE ROLE {credentials.user} LOGIN PASSWORD '{credentials.password}'",
        f"CREATE DATABASE {DATABASE} OWNER {credentials.user}",
        *(grant.format(user=credentials.user) for grant in _SLIPS),
    ]
