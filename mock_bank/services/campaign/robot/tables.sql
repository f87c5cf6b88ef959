-- What customers asked about, not in which words: those may be anything.
create table if not exists campaign.contacts (
    contact_id      text primary key,
    campaign_id     text not null,
    customer_no     text not null,
    intent          text,                       -- null: nothing in the book is like it
    idempotency_key text not null,
    at              timestamptz not null default now(),
    site            text not null
);
