create table if not exists bank.internal_calls (
    seq     bigint generated always as identity primary key,
    caller  text not null,
    path    text not null,
    sent_ns bigint not null,                -- by the caller's machine's monotonic clock
    at      timestamptz not null default clock_timestamp()
);

-- How many of these calls are answered by an error, for a drill. No row: none.
create table if not exists bank.internal_errors (
    one   boolean primary key default true check (one),
    share double precision not null check (share between 0 and 1)
);
