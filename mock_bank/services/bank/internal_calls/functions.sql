-- A note of a call that has arrived, whatever comes of it; its commit waits for nobody.
create or replace function bank.note_call(p_caller text, p_path text, p_sent_ns bigint) returns void language plpgsql as $$
begin
    set local synchronous_commit = off;
    insert into bank.internal_calls (caller, path, sent_ns) values (p_caller, p_path, p_sent_ns);
end $$;

-- Whether the next call is to be answered by an error.
create or replace function bank.call_errs() returns boolean language sql volatile as $$
    select coalesce((select random() < share from bank.internal_errors), false)
$$;

create or replace function bank.set_internal_errors(p_share double precision) returns void language sql as $$
    insert into bank.internal_errors (share) values (p_share) on conflict (one) do update set share = excluded.share
$$;
