create table if not exists campaign.first_binds (
    bind_id         text primary key,
    campaign_id     text not null,
    customer_no     text not null,
    card_token      text not null,
    amount_fen      bigint not null,
    idempotency_key text not null,
    at              timestamptz not null default now(),
    site            text not null
);
create index if not exists first_binds_customer on campaign.first_binds (campaign_id, customer_no);
create index if not exists first_binds_card on campaign.first_binds (campaign_id, card_token);
