-- The incident is the campaign itself: whoever has several tickets in it is compensated once.
create table if not exists campaign.compensations (
    compensation_id text primary key,
    campaign_id     text not null,
    customer_no     text not null,
    ticket_id       text not null,
    amount_fen      bigint not null,
    idempotency_key text not null,
    at              timestamptz not null default now(),
    site            text not null
);
create index if not exists compensations_customer on campaign.compensations (campaign_id, customer_no);
