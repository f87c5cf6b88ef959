create table if not exists campaign.inbox_rules (
    campaign_id  text primary key references campaign.campaigns on delete cascade,
    letters      integer not null,
    push_per_day integer not null
);

create table if not exists campaign.inboxes (
    campaign_id text not null,
    customer_no text not null,
    day         date not null,                  -- the last on which something was pushed
    pushed      integer not null default 0,     -- on it
    primary key (campaign_id, customer_no)
) with (fillfactor = 50);

create table if not exists campaign.pushes (
    push_id         text primary key,
    idempotency_key text not null unique,
    campaign_id     text not null,
    customer_no     text not null,
    letter          integer not null,
    at              timestamptz not null default now(),
    site            text not null
);
create index if not exists pushes_customer on campaign.pushes (campaign_id, customer_no);

create table if not exists campaign.letter_reads (
    read_id         text primary key,
    idempotency_key text not null unique,
    campaign_id     text not null,
    customer_no     text not null,
    letter          integer not null,
    at              timestamptz not null default now(),
    site            text not null,
    unique (campaign_id, customer_no, letter)
);
