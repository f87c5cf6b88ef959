"""The bank: sessions, accounts, transfers, payments, payouts, and what its operator does."""

import time

import orjson

from mock_bank.services import bank_models as m
from mock_bank.services import readback
from mock_bank.services.api import Access, Operation, Reply, Request, answer, done
from mock_bank.services.bank_readback import TABLES
from mock_bank.services.codes import Code, RefusedError
from mock_bank.services.common import complete
from mock_bank.services.config import NodeConfig
from mock_bank.services.database import Pool
from mock_bank.services.tokens import SESSION_S, Signer


class Bank:
    """The bank's handlers on one node."""

    def __init__(self, config: NodeConfig, pool: Pool) -> None:
        """Keep what the handlers need."""
        self._site = config.site
        self._pool = pool
        self._signer = Signer(config.secret.encode())

    async def login(self, request: Request) -> Reply:
        """A session for a customer whose number and phone match; the same refusal whichever does not."""
        body: m.LoginBody = request.body
        row = await self._pool.row(
            """select c.phone, array(select account_id from bank.accounts a where a.customer_no = c.customer_no order by 1)
                 from bank.customers c where c.customer_no = $1""",
            body.no,
        )
        if row is None or row[0] != body.phone:
            raise RefusedError(Code.BAD_CREDENTIALS)
        token, expires_at_ms = self._signer.issue("session", body.no, SESSION_S)
        return done({"token": token, "expires_at_ms": expires_at_ms, "customer_no": body.no, "accounts": row[1]})

    async def balance(self, request: Request) -> Reply:
        """The balance of the customer's own account."""
        fen = await self._pool.row(
            "select balance_fen from bank.accounts where account_id = $1 and customer_no = $2", request.path[0], request.customer_no
        )
        if fen is None:
            raise RefusedError(Code.ACCOUNT_NOT_FOUND)
        return Reply(
            Code.OK, b'{"account_id":"%b","balance_fen":%d,"at_ms":%d}' % (request.path[0].encode(), fen[0], time.time_ns() // 1_000_000)
        )

    async def precheck(self, request: Request) -> Reply:
        """Whether a transfer would go through now."""
        body: m.TransferBody = request.body
        row = await self._pool.row(
            """select (select balance_fen from bank.accounts where account_id = $1 and customer_no = $2), c.name
                 from bank.accounts a join bank.customers c using (customer_no) where a.account_id = $3""",
            body.from_account,
            request.customer_no,
            body.to_account,
        )
        if row is None or row[0] is None or body.from_account == body.to_account:
            raise RefusedError(Code.ACCOUNT_NOT_FOUND)
        enough = row[0] >= body.amount_fen
        masked = "*" * (len(row[1]) - 1) + row[1][-1:]
        return done({"allowed": enough, "reason": None if enough else Code.INSUFFICIENT_FUNDS, "payee_name": masked, "fee_fen": 0})

    async def transfer(self, request: Request) -> Reply:
        """Move money between two accounts, once per key."""
        body: m.TransferBody = request.body
        return answer(
            await self._pool.row(
                "select code, data from bank.transfer($1, $2, $3, $4, $5, $6, $7, $8)",
                request.key,
                request.body_hash,
                request.customer_no,
                body.from_account,
                body.to_account,
                body.amount_fen,
                body.purpose,
                self._site,
            )
        )

    async def transfer_status(self, request: Request) -> Reply:
        """How a transfer of this customer stands; its id is TR-<key>, so it can be asked for after an unknown outcome."""
        row = await self._pool.row(
            """select 'OK', json_build_object('transfer_id', transfer_id, 'state', state, 'rsp_code', rsp_code,
                      'amount_fen', amount_fen, 'at_ms', bank.epoch_ms(at))::text
                 from bank.transfers where transfer_id = $1 and customer_no = $2""",
            request.path[0],
            request.customer_no,
        )
        return answer(row) if row is not None else Reply(Code.NOT_FOUND)

    async def pay(self, request: Request) -> Reply:
        """Pay a merchant, once per key."""
        body: m.PaymentBody = request.body
        return answer(
            await self._pool.row(
                "select code, data from bank.pay($1, $2, $3, $4, $5, $6, $7, $8)",
                request.key,
                request.body_hash,
                request.customer_no,
                body.account_id,
                body.merchant,
                body.order_id,
                body.amount_fen,
                self._site,
            )
        )

    async def payment_status(self, request: Request) -> Reply:
        """How a payment of this customer stands; its id is PY-<key>."""
        row = await self._pool.row(
            """select 'OK', json_build_object('payment_id', payment_id, 'state', state, 'rsp_code', rsp_code,
                      'amount_fen', amount_fen, 'at_ms', bank.epoch_ms(at))::text
                 from bank.payments where payment_id = $1 and customer_no = $2""",
            request.path[0],
            request.customer_no,
        )
        return answer(row) if row is not None else Reply(Code.NOT_FOUND)

    async def reverse(self, request: Request) -> Reply:
        """Take a payment back, whole and once."""
        body: m.ReversalBody = request.body
        return answer(
            await self._pool.row(
                "select code, data from bank.reverse($1, $2, $3, $4, $5, $6)",
                request.key,
                request.body_hash,
                request.customer_no,
                request.path[0],
                body.reason,
                self._site,
            )
        )

    async def pay_out(self, request: Request) -> Reply:
        """Pay a batch of the campaign's payouts, each once per payout key."""
        wanted: list[m.Payout] = request.body.payouts
        rows = await self._pool.rows(
            "select payout_key, state from bank.pay_out($1, $2, $3, $4, $5)",
            [p.payout_key for p in wanted],
            [p.customer_no for p in wanted],
            [p.amount_fen for p in wanted],
            [p.kind for p in wanted],
            self._site,
        )
        return Reply(Code.OK, orjson.dumps({"results": [{"payout_key": row[0], "state": row[1]} for row in rows]}))

    async def enrol(self, request: Request) -> Reply:
        """Enrol customers with their opening balances."""
        body: m.EnrolBody = request.body
        people = body.customers
        row = await self._pool.row(
            "select bank.enrol($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            [p.no for p in people],
            [p.name for p in people],
            [p.phone for p in people],
            [p.id_no for p in people],
            [p.card_no for p in people],
            [p.device for p in people],
            [p.opening_balance_fen for p in people],
            body.actor,
            body.reason,
            self._site,
        )
        return done({"enrolled": row[0], "already": len(people) - row[0]})


def operations(config: NodeConfig, pool: Pool) -> list[Operation]:
    """Everything that a bank node does."""
    bank = Bank(config, pool)
    known = (Code.OK, Code.ACCOUNT_NOT_FOUND)
    money = (*known, Code.INSUFFICIENT_FUNDS)
    own = [
        Operation("login", "POST", "/bank/v1/sessions", "log in", bank.login, m.Session, (Code.OK, Code.BAD_CREDENTIALS), m.LoginBody,
                  access=Access.PUBLIC),
        Operation("balance", "GET", "/bank/v1/accounts/{account_id}", "balance", bank.balance, m.Balance, known),
        Operation("transfer.precheck", "POST", "/bank/v1/transfers/precheck", "would a transfer go through", bank.precheck,
                  m.PrecheckReply, known, m.TransferBody),
        Operation("transfer.submit", "POST", "/bank/v1/transfers", "transfer", bank.transfer, m.TransferReply, money,
                  m.TransferBody, effectful=True, keyed=True),
        Operation("transfer.status", "GET", "/bank/v1/transfers/{transfer_id}", "how a transfer stands", bank.transfer_status,
                  m.TransferReply, (Code.OK, Code.NOT_FOUND)),
        Operation("pay.submit", "POST", "/bank/v1/payments", "pay", bank.pay, m.PaymentReply, money, m.PaymentBody,
                  effectful=True, keyed=True),
        Operation("pay.status", "GET", "/bank/v1/payments/{payment_id}", "how a payment stands", bank.payment_status, m.PaymentReply,
                  (Code.OK, Code.NOT_FOUND)),
        Operation("pay.reverse", "POST", "/bank/v1/payments/{payment_id}/reversals", "take a payment back", bank.reverse, m.ReversalReply,
                  (Code.OK, Code.NOT_FOUND, Code.NOT_REVERSIBLE), m.ReversalBody, effectful=True, keyed=True),
        Operation("payouts", "POST", "/bank/v1/internal/payouts", "pay the campaign's payouts", bank.pay_out, m.PayoutsReply, (Code.OK,),
                  m.PayoutsBody, access=Access.OPERATOR, effectful=True),
        Operation("ops.enrol", "POST", "/bank/v1/ops/customers", "enrol customers", bank.enrol, m.EnrolReply, (Code.OK,), m.EnrolBody,
                  access=Access.OPERATOR, effectful=True),
    ]  # fmt: skip
    back = readback.operations(TABLES, pool, hidden=config.switches.no_read_back)
    return complete(config, "The mock bank", "/bank/v1/proof", [*own, *back])
