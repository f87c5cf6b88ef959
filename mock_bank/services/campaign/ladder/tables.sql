create table if not exists campaign.ladder_steps (
    step_id         text primary key,
    idempotency_key text not null unique,
    campaign_id     text not null,
    customer_no     text not null,
    rung            integer not null,
    payment_id      text not null,
    at              timestamptz not null default clock_timestamp(),  -- behind the customer's lock: rungs follow each other as their times do
    site            text not null,
    unique (campaign_id, customer_no, rung),
    unique (campaign_id, payment_id)
);
