"""Telephones, logins by them and answered challenges, read back."""

from mock_bank.services.bank.step_up.models import AnswerRow, DeviceRow, LoginRow, NonceRow
from mock_bank.services.kit.read_back import ReadBackTable

DEVICES = ReadBackTable(
    "devices",
    "/bank/v1/ops/devices",
    "binding_id",
    DeviceRow,
    """select binding_id, idempotency_key, customer_no, 'BOUND' as state, bank.epoch_ms(at) as at_ms, site
         from bank.devices where binding_id > $1 order by binding_id limit $2""",
)
NONCES = ReadBackTable(
    "login-nonces",
    "/bank/v1/ops/login-nonces",
    "nonce_id",
    NonceRow,
    """select nonce_id, idempotency_key, customer_no, 'TOLD' as state, bank.epoch_ms(at) as at_ms, site
         from bank.login_nonces where nonce_id > $1 order by nonce_id limit $2""",
)
LOGINS = ReadBackTable(
    "biometric-logins",
    "/bank/v1/ops/biometric-logins",
    "login_id",
    LoginRow,
    """select login_id, idempotency_key, nonce_id, customer_no, 'IN' as state, bank.epoch_ms(at) as at_ms, site
         from bank.biometric_logins where login_id > $1 order by login_id limit $2""",
)
ANSWERS = ReadBackTable(
    "challenge-answers",
    "/bank/v1/ops/challenge-answers",
    "challenge_id",
    AnswerRow,
    """select challenge_id, a.idempotency_key, a.customer_no, c.payee, c.amount_fen as of_fen, 'VERIFIED' as state,
              bank.epoch_ms(a.at) as at_ms, a.site
         from bank.challenge_answers a join bank.challenges c using (challenge_id)
        where challenge_id > $1 order by challenge_id limit $2""",
)
