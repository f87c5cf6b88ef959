create table if not exists bank.invest_plans (
    plan_id     text primary key,
    customer_no text not null,
    monthly_fen bigint not null,
    state       text not null,                  -- OPEN, CANCELLED; a plan that was cancelled is never opened again
    at          timestamptz not null default now(),
    site        text not null
);
