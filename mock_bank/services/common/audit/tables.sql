create table if not exists {schema}.audit (
    audit_id bigint generated always as identity primary key,
    at       timestamptz not null default now(),
    actor    text not null,
    action   text not null,
    target   text not null,
    reason   text not null,
    before   json,
    after    json,
    site     text not null
);
