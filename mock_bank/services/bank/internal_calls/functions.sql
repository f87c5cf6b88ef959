-- A note of a call that has arrived, whatever comes of it; its commit waits for nobody.
create or replace function bank.note_call(p_caller text, p_path text, p_sent_ns bigint) returns void language plpgsql as $$
begin
    set local synchronous_commit = off;
    insert into bank.internal_calls (caller, path, sent_ns) values (p_caller, p_path, p_sent_ns);
end $$;
