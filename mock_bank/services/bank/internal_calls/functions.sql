-- A note of a call that has arrived, whatever comes of it; its commit waits for nobody.
create or replace function bank.note_call(p_caller text, p_path text, p_sent_ns bigint) returns boolean language plpgsql as $$
begin
    set local synchronous_commit = off;
    if p_caller <> '' then
        insert into bank.internal_calls (caller, path, sent_ns) values (p_caller, p_path, p_sent_ns);
    end if;
    return coalesce((select random() < share from bank.internal_errors), false);
end $$;

create or replace function bank.set_internal_errors(p_share double precision) returns void language sql as $$
    insert into bank.internal_errors (share) values (p_share) on conflict (one) do update set share = excluded.share
$$;
