create table if not exists campaign.lottery_prizes (
    prize_id    bigint generated always as identity primary key,
    campaign_id text not null references campaign.campaigns on delete cascade,
    prize       text not null,
    ppm         integer not null check (ppm between 0 and 1000000),  -- the odds as they are published
    stock       integer not null,
    granted     integer not null default 0,
    face_fen    bigint not null,
    unique (campaign_id, prize)
);

create table if not exists campaign.chances (
    chance_id       text primary key,
    campaign_id     text not null,
    customer_no     text not null,
    payment_id      text not null,
    idempotency_key text not null,
    at              timestamptz not null default now(),
    site            text not null,
    draw_key        text unique,
    prize           text,                       -- null: drawn, and nothing won
    amount_fen      bigint,
    drawn_at        timestamptz,
    drawn_site      text,
    unique (campaign_id, payment_id)
) with (fillfactor = 70);
