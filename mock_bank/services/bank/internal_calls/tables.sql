create table if not exists bank.internal_calls (
    seq     bigint generated always as identity primary key,
    caller  text not null,
    path    text not null,
    sent_ns bigint not null,                -- by the caller's machine's monotonic clock
    at      timestamptz not null default clock_timestamp()
);
