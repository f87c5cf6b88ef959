create or replace function {schema}.epoch_ms(t timestamptz) returns bigint
language sql immutable parallel safe as $$ select (extract(epoch from t) * 1000)::bigint $$;

-- Whether a switch of a defect is on: a node that has it on says so when it connects.
create or replace function {schema}.switched_on(p_switch text) returns boolean
language sql stable parallel safe as $$ select coalesce(current_setting('mock.' || p_switch, true), '') = 'on' $$;
