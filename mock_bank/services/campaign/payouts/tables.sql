-- The State Council's calendar, as it is published each autumn for the year that comes.
create table if not exists campaign.holidays (
    first date primary key,
    last  date not null
);
insert into campaign.holidays values
    ('2026-01-01', '2026-01-03'), ('2026-02-15', '2026-02-23'), ('2026-04-04', '2026-04-06'), ('2026-05-01', '2026-05-05'),
    ('2026-06-19', '2026-06-21'), ('2026-09-25', '2026-09-27'), ('2026-10-01', '2026-10-07')
on conflict do nothing;

create table if not exists campaign.worked_weekends (
    day date primary key
);
insert into campaign.worked_weekends values
    ('2026-01-04'), ('2026-02-14'), ('2026-02-28'), ('2026-05-09'), ('2026-09-20'), ('2026-10-10')
on conflict do nothing;

create table if not exists campaign.outbox (
    payout_key  text primary key,               -- the effect's own id: one effect, one payout
    campaign_id text not null,
    customer_no text not null,
    kind        text not null,                  -- redpacket, coupon
    amount_fen  bigint not null,
    pays_by     date not null,                  -- the third working day after it was earned
    state       text not null default 'PENDING',  -- PENDING, PAID, FAILED
    attempts    integer not null default 0,
    next_at     timestamptz not null default now(),
    created_at  timestamptz not null default now(),
    settled_at  timestamptz,
    error       text,
    site        text not null
) with (fillfactor = 80);
create index if not exists outbox_due on campaign.outbox (next_at) where state = 'PENDING';
