-- The first step of every effectful function. A null code means: nobody was here, go on.
create or replace function {schema}.replay(
    p_key text, p_operation text, p_customer text, p_hash bytea, out code text, out data text
) language plpgsql as $$
declare
    seen {schema}.idempotency%rowtype;
begin
    if not pg_try_advisory_xact_lock(hashtextextended(p_key, 1)) then
        code := 'IDEMPOTENCY_IN_PROGRESS';
        return;
    end if;
    select * into seen from {schema}.idempotency i where i.idempotency_key = p_key;
    if not found then
        return;
    end if;
    if (seen.operation, seen.customer_no, seen.body_hash) is distinct from (p_operation, p_customer, p_hash) then
        code := 'IDEMPOTENCY_MISMATCH';
        return;
    end if;
    -- A row can be visible here and not yet be on the standby (its own wait was cancelled). This record makes our commit
    -- wait for the standby too, and all that precedes it in the log comes with it: a replayed "yes" is as safe as the first.
    perform pg_logical_emit_message(true, 'replay', '');
    code := seen.code;
    data := seen.data;
end $$;

-- The last step of every effectful function: the answer is kept in the transaction of the effect.
create or replace function {schema}.remember(
    p_key text, p_operation text, p_customer text, p_hash bytea, p_scope text, p_code text, p_data text, p_site text
) returns void language sql as $$
    insert into {schema}.idempotency (idempotency_key, operation, customer_no, body_hash, scope, code, data, site)
    values (p_key, p_operation, p_customer, p_hash, p_scope, p_code, p_data, p_site);
$$;
